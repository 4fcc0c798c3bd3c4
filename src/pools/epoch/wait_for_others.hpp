/// What a thread does that waits for other threads' guards to end.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/thread.hpp"
#include "os/wait.hpp"

namespace cenote {

/// Lets others go on, in the `round`-th round of waiting: at first by giving the processor up, then by sleeping.
inline void wait_for_others(unsigned round) noexcept {
  constexpr unsigned kYields = 32;
  if (round < kYields) {
    os::yield_thread();
    return;
  }
  const std::atomic<std::uint32_t> nobody_writes_this{0};
  os::wait_while(nobody_writes_this, 0, 1);
}

}  // namespace cenote
