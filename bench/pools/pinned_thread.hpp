/// Keeps a thread on one processor while a case runs.
#pragma once

#include <sched.h>

namespace cenote {

/// Without it the kernel may run both threads of a short case on one processor, and the case would measure
/// the scheduler.
class PinnedThread {
 public:
  /// To the index-th processor that this thread may use, if there are so many.
  explicit PinnedThread(int index) noexcept {
    sched_getaffinity(0, sizeof before_, &before_);
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
      if (!CPU_ISSET(processor, &before_) || index-- != 0) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(processor, &one);
      sched_setaffinity(0, sizeof one, &one);
      return;
    }
  }
  ~PinnedThread() { sched_setaffinity(0, sizeof before_, &before_); }
  PinnedThread(const PinnedThread&) = delete;
  PinnedThread& operator=(const PinnedThread&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace cenote
