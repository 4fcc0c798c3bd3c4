/// Facts about the machine, asked at run time.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote::os {

/// The size of an OS page: 4 KiB on x86-64, up to 64 KiB elsewhere. A power of two. O(1).
std::size_t page_bytes() noexcept;

/// How many bytes of addresses this process may map: RLIMIT_AS, 3 GiB at most where they have 32 bits;
/// SIZE_MAX when nothing bounds it.
std::size_t address_space_limit() noexcept;

/// Bytes that the user allows this process: the lower of RLIMIT_AS (addresses) and RLIMIT_DATA (private
/// writable memory); SIZE_MAX when neither is set. Two system calls.
std::size_t user_memory_limit() noexcept;

/// Milliseconds of a clock that never goes back, a few ms coarse; costs no system call.
std::uint64_t coarse_milliseconds() noexcept;

/// Milliseconds since the beginning of 1970, by the wall clock; 0 where the platform does not tell.
std::uint64_t unix_milliseconds() noexcept;

/// Number of processors this process may run on, at least 1.
unsigned processors() noexcept;

/// 64 unpredictable bits for keys; falls back to clock and addresses where the system has none to give.
std::uint64_t random_bits() noexcept;

}  // namespace cenote::os
