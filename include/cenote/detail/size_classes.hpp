/// Which block sizes exist, and which of them serves a request. Pure arithmetic, checked for every size at compile time.
///
///     bytes       1..512          513..8 KiB         8 KiB..64 KiB
///     step        16              1/8 of a doubling  1/4 of a doubling
///     classes     0..32           33..64             65..76
///     waste       <= 15 bytes     <= 11 %            <= 20 %
///
/// Class 0 serves requests of 0 bytes with blocks of 16, so that `(bytes + 15) / 16` is the class of every small request.
/// Source of the spacing: the figures in docs/adr/0004-size-classes.md.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/geometry.hpp>
#include <cenote/detail/slab_shape.hpp>

namespace cenote {

struct SizeClass {
  std::uint8_t index = 0;
  friend constexpr auto operator<=>(SizeClass, SizeClass) = default;
};

inline constexpr std::size_t kBlockAlignment = 16;  // malloc's promise: alignof(std::max_align_t)
inline constexpr std::size_t kTinyMax = 512;        // the class of a request up to this size is one shift
inline constexpr std::size_t kFineMax = 8192;
inline constexpr std::size_t kTinyClasses = kTinyMax / kBlockAlignment + 1;
inline constexpr std::size_t kClassCount = kTinyClasses + 4 * 8 + 3 * 4;

/// The class of a request of at most kTinyMax bytes.
constexpr SizeClass tiny_class_of(std::size_t bytes) noexcept {
  return {static_cast<std::uint8_t>((bytes + kBlockAlignment - 1) / kBlockAlignment)};
}

/// The class of a request above kTinyMax and at most kSlabBlockMax bytes.
constexpr SizeClass coarse_class_of(std::size_t bytes) noexcept {
  const std::size_t last = bytes - 1;
  const auto octave = static_cast<std::size_t>(std::bit_width(last)) - 1;
  if (bytes <= kFineMax) {
    return {static_cast<std::uint8_t>(kTinyClasses + (octave - 9) * 8 + ((last >> (octave - 3)) & 7))};
  }
  return {static_cast<std::uint8_t>(kTinyClasses + 32 + (octave - 13) * 4 + ((last >> (octave - 2)) & 3))};
}

/// The smallest class whose blocks hold `bytes`; bytes <= kSlabBlockMax. O(1), no memory touched.
constexpr SizeClass size_class_of(std::size_t bytes) noexcept {
  return bytes <= kTinyMax ? tiny_class_of(bytes) : coarse_class_of(bytes);
}

namespace detail {
constexpr std::uint32_t block_bytes_of(std::size_t index) noexcept {
  if (index == 0) return kBlockAlignment;
  if (index < kTinyClasses) return static_cast<std::uint32_t>(index * kBlockAlignment);
  const std::size_t fine = index - kTinyClasses;
  if (fine < 32) return static_cast<std::uint32_t>((8 + fine % 8 + 1) << (fine / 8 + 6));
  const std::size_t coarse = fine - 32;
  return static_cast<std::uint32_t>((4 + coarse % 4 + 1) << (coarse / 4 + 11));
}

inline constexpr std::array<SlabShape, kClassCount> kClassShapes = [] {
  std::array<SlabShape, kClassCount> shapes{};
  for (std::size_t index = 0; index < kClassCount; ++index)
    shapes[index] = slab_shape_for(block_bytes_of(index));
  return shapes;
}();
}  // namespace detail

/// What the slabs of the class look like.
constexpr const SlabShape& slab_shape(SizeClass c) noexcept { return detail::kClassShapes[c.index]; }

/// Bytes of each block of the class.
constexpr std::uint32_t block_bytes(SizeClass c) noexcept {
  return detail::kClassShapes[c.index].block_bytes;
}
/// Units of each slab of the class.
constexpr Units slab_units(SizeClass c) noexcept { return {detail::kClassShapes[c.index].units}; }
/// Blocks in each slab of the class.
constexpr std::uint32_t slab_capacity(SizeClass c) noexcept { return detail::kClassShapes[c.index].capacity; }

/// The smallest class whose blocks hold `bytes` and all start at multiples of `alignment`, a power of two up to a unit.
/// Slabs start at multiples of a unit, so a block size that is a multiple of the alignment is enough. O(classes a doubling).
constexpr SizeClass aligned_size_class_of(std::size_t bytes, std::size_t alignment) noexcept {
  SizeClass c = size_class_of(bytes == 0 ? 1 : bytes);
  while ((block_bytes(c) & (alignment - 1)) != 0) ++c.index;
  return c;
}

static_assert(
    [] {
      for (std::uint8_t index = 1; index + 1U < kClassCount; ++index) {
        const std::uint32_t bytes = block_bytes({index});
        if (size_class_of(bytes).index != index || size_class_of(bytes + 1).index != index + 1) return false;
      }
      return true;
    }(),
    "every request gets the smallest block that holds it (size_classes_test walks every size)");
static_assert(block_bytes({kClassCount - 1}) == kSlabBlockMax, "the last class is the largest slab block");
static_assert(block_bytes(aligned_size_class_of(1, kUnitBytes)) == kUnitBytes,
              "any alignment up to a unit has a class");

}  // namespace cenote
