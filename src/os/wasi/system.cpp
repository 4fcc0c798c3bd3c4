#include <time.h>
#include <unistd.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "os/wasi/page.hpp"

namespace cenote::os {
namespace {

std::uint64_t nanoseconds(clockid_t clock = CLOCK_MONOTONIC) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

std::size_t page_bytes() noexcept { return kPageBytes; }

// Of the 4 GiB that a memory may have: the program's data, its stack and malloc want some.
std::size_t address_space_limit() noexcept { return std::size_t{3} << 30; }

std::size_t user_memory_limit() noexcept { return SIZE_MAX; }

// There is no coarse clock: each look is a call of the host's.
std::uint64_t coarse_milliseconds() noexcept { return nanoseconds() / 1'000'000; }

std::uint64_t unix_milliseconds() noexcept { return nanoseconds(CLOCK_REALTIME) / 1'000'000; }
unsigned processors() noexcept { return 1; }

std::uint64_t random_bits() noexcept {
  std::uint64_t bits = 0;
  if (::getentropy(&bits, sizeof bits) == 0) return bits;
  return nanoseconds() << 32 ^ address_of(&bits);
}

}  // namespace cenote::os
