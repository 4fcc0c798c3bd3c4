/// Who wants to look at the processes while they are at their largest.
#pragma once

#include <sys/types.h>

#include <span>

namespace cenote::cli {

class PeakWatcher {
 public:
  virtual ~PeakWatcher() = default;
  /// Together they have more than ever before, by some percent; `seconds` after the start. In the sampler's
  /// thread.
  virtual void at_peak(std::span<const pid_t> processes, double seconds) = 0;
};

}  // namespace cenote::cli
