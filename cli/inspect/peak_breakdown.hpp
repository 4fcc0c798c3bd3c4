/// Why the memory of a run was resident, as it was when there was most of it.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <unordered_map>

#include <cenote/stats.hpp>

#include "../process/peak_watcher.hpp"
#include "remote_process.hpp"

namespace cenote::cli {

/// What all processes of a run held together at one moment.
struct Breakdown {
  double seconds = 0;          // since the start
  stats::Snapshot together{};  // the pools of all, and their sum
  std::size_t processes = 0;   // that were read
  std::size_t unread = 0;      // without cenote, or over before they were read
};

/// Reads all processes at each new peak, and keeps the last reading.
class PeakBreakdown final : public PeakWatcher {
 public:
  void at_peak(std::span<const pid_t> processes, double seconds) override;
  /// None when no process could ever be read. After the run.
  const std::optional<Breakdown>& last() const noexcept { return last_; }

 private:
  void add(pid_t process, Breakdown& breakdown);

  std::unordered_map<pid_t, RemoteProcess> processes_;  // where their tables lie is found once
  std::optional<Breakdown> last_;
};

}  // namespace cenote::cli
