#include "resident_sampler.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "process_tree.hpp"

namespace cenote::cli {
namespace {

constexpr auto kPeriod = std::chrono::milliseconds(10);
// A sample at once would compete with the program's own start: with both of two processors busy, `true` then
// took 3.8 ms in place of 0.9 ms, the scheduler's tick. Programs that are over by now have the kernel's peak,
// no samples.
constexpr auto kFirst = std::chrono::milliseconds(2);
constexpr int kCostShare = 50;            // one part in 50
constexpr std::uint64_t kPeakShare = 50;  // so much above the last peak is a new one
constexpr int kWatcherShare = 10;         // of the time at most, while memory grows

/// That this thread has had: time in which others had the processor is no cost, and would put samples off
/// where there are many others.
std::chrono::nanoseconds processor_time() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

ResidentSampler::ResidentSampler(Clock::time_point start, PeakWatcher* watcher)
    : start_(start),
      watcher_(watcher),
      thread_([this](const std::stop_token& stopping) { watch(stopping); }) {}

void ResidentSampler::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void ResidentSampler::watch(const std::stop_token& stopping) {
  std::unique_lock lock(mutex_);
  wait(lock, stopping, kFirst);
  while (!stopping.stop_requested()) {
    const Clock::duration before = processor_time();
    sample();
    const Clock::duration cost = processor_time() - before;
    tell_watcher();
    wake_.wait_for(lock, stopping, std::max<Clock::duration>(kPeriod, cost * kCostShare),
                   [] { return false; });
  }
}

void ResidentSampler::wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stopping,
                           Clock::duration time) {
  wake_.wait_for(lock, stopping, time, [] { return false; });
}

void ResidentSampler::sample() {
  std::uint64_t bytes = 0;
  running_ = descendants(::getpid());
  for (const pid_t process : running_) {
    processes_.insert(process);
    bytes += resident_bytes(process);
  }
  const std::chrono::duration<double> elapsed = Clock::now() - start_;
  if (bytes > 0) series_.add({elapsed.count(), bytes});
  newest_ = {elapsed.count(), bytes};
}

// It may take its time: the samples go on at their pace, and it is left alone for a while.
void ResidentSampler::tell_watcher() {
  const Clock::time_point before = Clock::now();
  if (watcher_ == nullptr || before < watcher_rests_until_) return;
  if (newest_.bytes == 0 || newest_.bytes < watched_bytes_ + watched_bytes_ / kPeakShare) return;
  watched_bytes_ = newest_.bytes;
  watcher_->at_peak(running_, newest_.seconds);
  const Clock::time_point after = Clock::now();
  watcher_rests_until_ = after + (after - before) * kWatcherShare;
}

}  // namespace cenote::cli
