/// Watches the processes below this one from a thread of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "peak_watcher.hpp"
#include "resident_series.hpp"

namespace cenote::cli {

/// Adds up the resident memory of all processes below this one, every 10 ms.
///
/// A sample of many threads and processes may cost more than a fraction of that: the next one is then put
/// off, so that the sampler takes at most one part in 50 of one processor, whatever the allocator.
class ResidentSampler {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ResidentSampler(Clock::time_point start, PeakWatcher* watcher = nullptr);
  ResidentSampler(const ResidentSampler&) = delete;
  ResidentSampler& operator=(const ResidentSampler&) = delete;

  /// Ends the thread. The results below are to be read after it.
  void stop();
  [[nodiscard]] const ResidentSeries& series() const noexcept { return series_; }
  /// How many different processes it saw; one that lived between two samples is missed.
  [[nodiscard]] std::size_t processes_seen() const noexcept { return processes_.size(); }

 private:
  void watch(const std::stop_token& stopping);
  /// Until the time is over or stopping is asked for.
  void wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stopping, Clock::duration time);
  void sample();
  void tell_watcher();

  const Clock::time_point start_;
  PeakWatcher* const watcher_;
  ResidentSeries series_;                // the thread's until stop()
  std::unordered_set<pid_t> processes_;  // the thread's until stop()
  // The thread's, all of these.
  std::vector<pid_t> running_;  // at the newest sample
  ResidentSample newest_{};
  std::uint64_t watched_bytes_ = 0;  // at the peak that the watcher saw last
  Clock::time_point watcher_rests_until_{};
  std::mutex mutex_;  // for the condition variable only
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace cenote::cli
