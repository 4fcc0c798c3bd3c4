#include <windows.h>
// Behind windows.h, whose types it uses.
#include <ntsecapi.h>

#include <atomic>
#include <bit>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::os {

std::size_t page_bytes() noexcept {
  static constinit std::atomic<std::size_t> known{0};
  std::size_t bytes = known.load(std::memory_order_relaxed);
  if (bytes == 0) {
    SYSTEM_INFO info{};
    ::GetSystemInfo(&info);
    bytes = info.dwPageSize;
    known.store(bytes, std::memory_order_relaxed);
  }
  return bytes;
}

// A job may bound committed bytes, but nothing bounds addresses.
std::size_t address_space_limit() noexcept { return SIZE_MAX; }

std::size_t user_memory_limit() noexcept { return SIZE_MAX; }

std::uint64_t coarse_milliseconds() noexcept { return ::GetTickCount64(); }

// A mask names the processors of one group of up to 64: on larger machines a process may use them all.
// A FILETIME counts tenths of microseconds since 1601.
std::uint64_t unix_milliseconds() noexcept {
  FILETIME now{};
  ::GetSystemTimeAsFileTime(&now);
  const std::uint64_t ticks = std::uint64_t{now.dwHighDateTime} << 32 | now.dwLowDateTime;
  return ticks / 10'000 - 11'644'473'600'000;
}

unsigned processors() noexcept {
  const KeepLastError keep;
  if (::GetActiveProcessorGroupCount() > 1) return ::GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  DWORD_PTR own = 0, machine = 0;
  if (::GetProcessAffinityMask(::GetCurrentProcess(), &own, &machine) == 0 || own == 0) return 1;
  return static_cast<unsigned>(std::popcount(std::uint64_t{own}));
}

std::uint64_t random_bits() noexcept {
  const KeepLastError keep;
  std::uint64_t bits = 0;
  if (::RtlGenRandom(&bits, sizeof bits) != 0) return bits;
  LARGE_INTEGER now{};
  ::QueryPerformanceCounter(&now);
  return static_cast<std::uint64_t>(now.QuadPart) << 32 ^ address_of(&now);
}

}  // namespace cenote::os
