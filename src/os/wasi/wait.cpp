#include <cenote/detail/check.hpp>

#include "os/thread.hpp"

namespace cenote::os {

// Nobody else could change the word. To wake for no reason is allowed, and all that can be done where there
// is a timeout.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t milliseconds) noexcept {
  CENOTE_CHECK(milliseconds >= 0 || word.load(std::memory_order_relaxed) != expected,
               "the only thread waits for another");
}

void wake_one(std::atomic<std::uint32_t>&) noexcept {}

}  // namespace cenote::os
