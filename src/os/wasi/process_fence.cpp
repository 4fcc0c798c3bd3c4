#include <atomic>

#include "os/thread.hpp"

namespace cenote::os {

// Of the one thread all that is wanted is that the compiler keeps the order.
bool process_fence_available() noexcept { return true; }
void process_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

}  // namespace cenote::os
