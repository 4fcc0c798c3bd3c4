/// Arithmetic on powers of two and addresses: pure, constexpr.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

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

/// `value`, or the greatest size where that cannot hold it: the machine of a 32-bit program may have more
/// bytes than it can count.
constexpr std::size_t saturated_size(std::uint64_t value) noexcept {
  return value > SIZE_MAX ? SIZE_MAX : static_cast<std::size_t>(value);
}

/// Whether `value` is a power of two. (std::has_single_bit counts bits, by a library call where the processor
/// may lack the instruction.)
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

// Where equal slots lie in a row, and which slot begins at an address: one multiplication each way, no
// division.
//
// Source  Granlund & Montgomery, "Division by Invariant Integers using Multiplication", PLDI 1994, section 9:
//         an offset is an exact multiple of the stride just when its product with the inverse of the stride's
//         odd part, rotated right by the stride's twos, is small; that product is the quotient then.

namespace cenote {

/// A slot's place in its pool.
using SlotIndex = std::uint32_t;

/// No slot; and one more than the highest count of slots.
inline constexpr SlotIndex kNoSlot = ~SlotIndex{0};

class SlotGeometry {
 public:
  constexpr SlotGeometry() noexcept = default;
  /// Slots `stride` bytes apart, stride > 0.
  explicit constexpr SlotGeometry(std::size_t stride) noexcept
      : stride_{stride},
        inverse_{inverse_of(stride >> std::countr_zero(stride))},
        twos_{std::countr_zero(stride)} {}

  constexpr std::size_t stride() const noexcept { return stride_; }
  constexpr std::size_t offset_of(SlotIndex index) const noexcept { return index * stride_; }

  /// The slot that begins at `offset`; not below 2^64 / stride when none does, also for negative offsets (as
  /// two's complement).
  constexpr std::uint64_t index_at(std::uint64_t offset) const noexcept {
    const std::uint64_t product = offset * inverse_;
    return product >> twos_ | product << (-twos_ & 63);  // std::rotr: libc++'s divides, in WebAssembly too
  }

 private:
  // Newton's iteration doubles the correct bits; an odd number is its own inverse in the lowest three.
  static constexpr std::uint64_t inverse_of(std::uint64_t odd) noexcept {
    std::uint64_t inverse = odd;
    for (int bits = 3; bits < 64; bits *= 2) inverse *= 2 - odd * inverse;
    return inverse;
  }

  std::size_t stride_ = 1;
  std::uint64_t inverse_ = 1;
  int twos_ = 0;
};

static_assert(
    [] {
      for (std::uint32_t stride = 1; stride <= 96; ++stride) {
        const SlotGeometry slots{stride};
        for (std::uint64_t offset = 0; offset < 3 * stride; ++offset) {
          const std::uint64_t index = slots.index_at(offset);
          if (offset % stride == 0 ? index != offset / stride : index < kNoSlot) return false;
          if (offset != 0 && slots.index_at(0 - offset) < kNoSlot) return false;
        }
      }
      return true;
    }(),
    "every start of a slot is found, and nothing else");

}  // namespace cenote
