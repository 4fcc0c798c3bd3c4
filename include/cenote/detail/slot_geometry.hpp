/// Where equal slots lie in a row, and which slot begins at an address: one multiplication each way, no division.
///
/// Source  Granlund & Montgomery, "Division by Invariant Integers using Multiplication", PLDI 1994, section 9: an offset is an exact
///         multiple of the stride just when its product with the inverse of the stride's odd part, rotated right by the stride's
///         twos, is small; that product is the quotient then.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

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

  /// The slot that begins at `offset`; not below 2^64 / stride when none does, also for negative offsets (as two's complement).
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
