#include <linux/futex.h>

#include <cerrno>

#include "os/linux/raw_calls.hpp"
#include "os/thread.hpp"

namespace cenote::os {

void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t milliseconds) noexcept {
  const int saved = errno;
  const auto timeout = raw::Duration::of_milliseconds(milliseconds);
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, expected, milliseconds < 0 ? nullptr : &timeout, nullptr,
            0);
  errno = saved;
}

void wake_one(std::atomic<std::uint32_t>& word) noexcept {
  const int saved = errno;
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  errno = saved;
}

}  // namespace cenote::os
