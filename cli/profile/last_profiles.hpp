/// The heap profiles of the processes below this one, read from outside while they run, so that a process
/// that ends without writing its profile, by a signal or by _exit, leaves the last reading.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "../inspect/remote_process.hpp"
#include "../process/run_observer.hpp"
#include "os/modules.hpp"

namespace cenote::cli {

/// A profile, and what its addresses are of.
struct ProfileReading {
  inspect::LiveProfile profile{};
  std::vector<os::Module> code{};
  std::chrono::steady_clock::time_point time{};
};

/// Reads 0.1 s after the start of the run, then in growing intervals of up to a second, and before each
/// signal that is passed on. Takes at most one part in 20 of a processor.
class LastProfiles final : public RunObserver {
 public:
  /// `written`: a folder where processes write their profiles to files named by their ids. What is there
  /// needs no reading.
  explicit LastProfiles(std::filesystem::path written) : written_(std::move(written)) {}

  void started() override;
  void before_stop() noexcept override;
  void ended() noexcept override;

  /// By process. After the run.
  [[nodiscard]] const std::map<pid_t, ProfileReading>& readings() const noexcept { return readings_; }
  /// Seconds from a reading to the end of the program.
  [[nodiscard]] double age_s(const ProfileReading& reading) const noexcept;

 private:
  void read_again_and_again(const std::stop_token& stopping);
  void read_all() noexcept;
  void read(pid_t process);

  const std::filesystem::path written_;
  std::mutex mutex_;  // of all below, but for the thread
  std::condition_variable_any wake_;
  std::map<pid_t, RemoteProcess> processes_;  // where their tables lie is found once
  std::map<pid_t, ProfileReading> readings_;
  std::chrono::steady_clock::time_point end_{};
  std::jthread thread_;
};

}  // namespace cenote::cli
