/// The processes of this machine, kept open from look to look.
#pragma once

#include <map>
#include <string>

#include "../inspect/remote_process.hpp"
#include "top_app.hpp"

namespace cenote::cli {

class LiveSource final : public TopSource {
 public:
  Found list() override;
  stats::Snapshot snapshot(pid_t process) override;
  std::string command_of(pid_t process) override { return opened(process).command(); }

 private:
  RemoteProcess& opened(pid_t process);

  std::map<pid_t, RemoteProcess> opened_{};
};

}  // namespace cenote::cli
