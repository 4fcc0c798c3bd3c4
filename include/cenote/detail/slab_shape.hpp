/// How a slab of blocks of one size is laid out. Pure arithmetic.
#pragma once

#include <bit>
#include <cstdint>

#include <cenote/detail/geometry.hpp>

namespace cenote {

struct SlabShape {
  std::uint32_t block_bytes = 0;
  std::uint16_t units = 0;
  std::uint16_t capacity = 0;  // blocks
};

/// The slab for blocks of `block_bytes`, 8..kSlabBlockMax: at least eight blocks, so that its unused tail stays under an eighth.
constexpr SlabShape slab_shape_for(std::uint32_t block_bytes) noexcept {
  constexpr auto kEighth = static_cast<std::uint32_t>(kUnitBytes / 8);
  const std::uint32_t units = block_bytes <= kEighth ? 1 : std::bit_ceil(block_bytes) / kEighth;
  return {block_bytes, static_cast<std::uint16_t>(units),
          static_cast<std::uint16_t>((units << kUnitShift) / block_bytes)};
}

}  // namespace cenote
