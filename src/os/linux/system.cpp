#include <sched.h>
#include <sys/auxv.h>
#include <sys/random.h>  // GRND_NONBLOCK
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "os/linux/raw_calls.hpp"

namespace cenote::os {

std::size_t page_bytes() noexcept {
  static constinit std::atomic<std::size_t> known{0};
  std::size_t bytes = known.load(std::memory_order_relaxed);
  if (bytes == 0) {
    bytes = static_cast<std::size_t>(::getauxval(AT_PAGESZ));
    known.store(bytes, std::memory_order_relaxed);
  }
  return bytes;
}

namespace {

// SIZE_MAX when there is none.
template <class Resource>
std::size_t limit_of(Resource resource) noexcept {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return SIZE_MAX;
  return static_cast<std::size_t>(std::min<std::uint64_t>(limit.rlim_cur, SIZE_MAX));
}

}  // namespace

std::size_t address_space_limit() noexcept {
  constexpr std::size_t kMost =
      sizeof(void*) == 8 ? SIZE_MAX : std::size_t{3} << 30;  // the kernel has the last GiB
  return std::min(limit_of(RLIMIT_AS), kMost);
}

std::size_t user_memory_limit() noexcept { return std::min(limit_of(RLIMIT_AS), limit_of(RLIMIT_DATA)); }

std::uint64_t coarse_milliseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

std::uint64_t unix_milliseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

unsigned processors() noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count > 0 ? static_cast<unsigned>(count) : 1;
}

std::uint64_t random_bits() noexcept {
  std::uint64_t bits = 0;
  if (raw::get_random(&bits, sizeof bits, GRND_NONBLOCK) == static_cast<ssize_t>(sizeof bits)) return bits;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return (static_cast<std::uint64_t>(now.tv_nsec) << 32) ^ static_cast<std::uint64_t>(now.tv_sec) ^
         address_of(&now);
}

}  // namespace cenote::os
