/// Arithmetic on powers of two and addresses: pure, constexpr.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace cenote {

/// Bytes of a cache line; two writers on one line slow each other down. x86-64 and most aarch64 cores.
inline constexpr std::size_t kCacheLine = 64;

/// `value` rounded up to a multiple of `alignment`, a power of two. Wraps when the result does not fit.
constexpr std::size_t align_up(std::size_t value, std::size_t alignment) noexcept {
  return (value + alignment - 1) & ~(alignment - 1);
}

/// `value` rounded down to a multiple of `alignment`, a power of two.
constexpr std::size_t align_down(std::size_t value, std::size_t alignment) noexcept {
  return value & ~(alignment - 1);
}

constexpr std::size_t ceil_div(std::size_t value, std::size_t divisor) noexcept {
  return value / divisor + (value % divisor != 0 ? 1 : 0);
}

/// `value`, or the greatest size where that cannot hold it: the machine of a 32-bit program may have more bytes than it can count.
constexpr std::size_t saturated_size(std::uint64_t value) noexcept {
  return value > SIZE_MAX ? SIZE_MAX : static_cast<std::size_t>(value);
}

/// Whether `value` is a power of two. (std::has_single_bit counts bits, by a library call where the processor may lack the instruction.)
constexpr bool is_power_of_two(std::size_t value) noexcept {
  return value != 0 && (value & (value - 1)) == 0;
}

/// The address as a number, for arithmetic only.
inline std::uintptr_t address_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

inline bool is_aligned(const void* pointer, std::size_t alignment) noexcept {
  return (address_of(pointer) & (alignment - 1)) == 0;
}

/// A mask of `count` ones from bit `first` upwards; first + count <= 64.
constexpr std::uint64_t bit_run(unsigned first, unsigned count) noexcept {
  return (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << first;
}

/// The lowest bit at which `count` ones stand in a row, 64 when there is none. O(log count).
constexpr unsigned find_run(std::uint64_t mask, unsigned count) noexcept {
  for (unsigned have = 1; have < count && mask != 0;) {
    const unsigned step = have < count - have ? have : count - have;
    mask &= mask >> step;
    have += step;
  }
  return static_cast<unsigned>(std::countr_zero(mask));
}

/// The length of the longest row of ones in `mask`. O(length).
constexpr unsigned longest_run(std::uint64_t mask) noexcept {
  unsigned length = 0;
  for (; mask != 0; mask &= mask >> 1) ++length;
  return length;
}

static_assert(find_run(0b0111'0110, 3) == 4 && find_run(0b0110, 3) == 64 &&
              find_run(~std::uint64_t{0}, 64) == 0);
static_assert(longest_run(0) == 0 && longest_run(0b0111'0110) == 3 && longest_run(~std::uint64_t{0}) == 64);

}  // namespace cenote
