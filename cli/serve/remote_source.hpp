/// Processes of this user, read from outside.
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "../inspect/remote_process.hpp"
#include "../profile/symbolizer.hpp"
#include "source.hpp"

namespace cenote::cli {

class RemoteSource final : public ProcessSource {
 public:
  /// Watches these, or, when there are none, all that carry cenote at any time. Throws Failure when one of
  /// them cannot be read.
  explicit RemoteSource(const std::vector<pid_t>& watched);

  std::vector<ProcessEntry> processes() override;
  stats::Snapshot snapshot(pid_t pid) override;
  inspect::HeapMap map(pid_t pid) override;
  std::optional<inspect::SlabMap> slab(pid_t pid, std::uintptr_t address) override;
  std::string profile(pid_t pid) override;

 private:
  /// Looked up once: finding a process's tables takes longer than reading them.
  struct Opened {
    std::mutex mutex{};
    std::optional<RemoteProcess> process{};  // under the mutex; empty: to be looked up
  };

  std::shared_ptr<Opened> opened(pid_t pid);
  void forget(pid_t pid);
  void check_watched(pid_t pid) const;
  template <class Read>
  auto read(pid_t pid, Read read_it);

  std::vector<ProcessEntry> watched_;  // as they were at the start; empty: all
  std::mutex symbolizer_mutex_{};
  Symbolizer symbolizer_{};  // under its mutex, the last that is taken; processes share libraries
  std::mutex mutex_{};
  std::map<pid_t, std::shared_ptr<Opened>> opened_{};  // under mutex_
};

}  // namespace cenote::cli
