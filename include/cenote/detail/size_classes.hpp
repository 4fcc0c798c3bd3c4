/// Which block sizes exist, and which of them serves a request. Pure arithmetic, checked for every size at
/// compile time.
///
///     bytes       1..512          513..8 KiB         8 KiB..64 KiB
///     step        16              1/8 of a doubling  1/4 of a doubling
///     classes     0..32           33..64             65..76
///     waste       <= 15 bytes     <= 11 %            <= 20 %
///
/// Class 0 serves requests of 0 bytes with blocks of 16, so that `(bytes + 15) / 16` is the class of every
/// small request. Source of the spacing: the figures in docs/adr/0004-size-classes.md.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/geometry.hpp>

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

/// The smallest class whose blocks hold `bytes` and all start at multiples of `alignment`, a power of two up
/// to a unit. Slabs start at multiples of a unit, so a block size that is a multiple of the alignment is
/// enough. O(classes a doubling).
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

// The block sizes of a SlabAllocator, in two schemes. Pure arithmetic, proven at compile time.
//
//     halves      8 16 24 32        | 48 64 | 96 128 | ... | 48K 64K           two a doubling
//     quarters    8 16 24 ... 56 64 | 80 96 112 128  | ... | 40K 48K 56K 64K   four a doubling
//                 steps of 8 bytes  | steps of a half, or a quarter, of the doubling
//
// Unlike the heaps' classes (size_classes.hpp) these begin at 8 bytes, and keep to one spacing: a request
// that asks for an alignment above 8 gets the next class whose size is a multiple of it.

namespace cenote {

/// How many classes a doubling has. The value is its logarithm.
enum class SizeClasses : std::uint8_t { halves = 1, quarters = 2 };

namespace slab_classes {

inline constexpr std::size_t kGranule = 8;  // the smallest block, and what all block sizes are multiples of
inline constexpr std::size_t kCountMax = 8 + 10 * 4;  // quarters

constexpr unsigned log_of(SizeClasses scheme) noexcept { return static_cast<unsigned>(scheme); }
/// Sizes up to this one are every multiple of 8.
constexpr std::size_t linear_max(SizeClasses scheme) noexcept { return kGranule << (log_of(scheme) + 1); }

/// The smallest class whose blocks hold `bytes`, 1..kSlabBlockMax. O(1).
constexpr std::size_t index_of(SizeClasses scheme, std::size_t bytes) noexcept {
  const std::size_t last = bytes - 1;
  if (bytes <= linear_max(scheme)) return last / kGranule;
  const unsigned log = log_of(scheme);
  const auto octave = static_cast<unsigned>(std::bit_width(last)) - 1;
  const std::size_t step = (last >> (octave - log)) & ((std::size_t{1} << log) - 1);
  return (std::size_t{2} << log) + (std::size_t{octave - log - 4} << log) + step;
}

/// Bytes of each block of the class.
constexpr std::uint32_t block_bytes(SizeClasses scheme, std::size_t index) noexcept {
  const unsigned log = log_of(scheme);
  const std::size_t linear = std::size_t{2} << log;
  if (index < linear) return static_cast<std::uint32_t>((index + 1) * kGranule);
  const std::size_t step = (index - linear) & ((std::size_t{1} << log) - 1);
  const std::size_t octave = ((index - linear) >> log) + log + 4;
  return static_cast<std::uint32_t>(((std::size_t{1} << log) + step + 1) << (octave - log));
}

/// Classes up to kSlabBlockMax.
constexpr std::size_t count(SizeClasses scheme) noexcept { return index_of(scheme, kSlabBlockMax) + 1; }

/// The smallest class whose blocks hold `bytes` and are a multiple of `alignment`, a power of two up to a
/// unit: then every block of the class has that alignment, since slabs start at units. O(classes a doubling).
constexpr std::size_t aligned_index_of(SizeClasses scheme, std::size_t bytes,
                                       std::size_t alignment) noexcept {
  std::size_t index = index_of(scheme, bytes);
  while ((block_bytes(scheme, index) & (alignment - 1)) != 0) ++index;
  return index;
}

/// What a scheme wastes on requests of 1..`largest` bytes, each size as often as the others: shares of the
/// block.
struct Waste {
  // of any size above the steps of 8 bytes, below which no more than 7 bytes are lost
  double worst_above_linear = 0;
  double mean = 0;
};
constexpr Waste waste_up_to(SizeClasses scheme, std::size_t largest) noexcept {
  Waste waste;
  std::size_t below = 0;
  for (std::size_t index = 0; below < largest; ++index) {
    const double block = block_bytes(scheme, index);
    const std::size_t top = std::min<std::size_t>(block_bytes(scheme, index), largest);
    const double worst = (block - static_cast<double>(below + 1)) / block;
    const double least = (block - static_cast<double>(top)) / block;
    if (block > static_cast<double>(linear_max(scheme))) {
      waste.worst_above_linear = std::max(waste.worst_above_linear, worst);
    }
    waste.mean += static_cast<double>(top - below) * (worst + least) / 2;
    below = top;
  }
  waste.mean /= static_cast<double>(largest);
  return waste;
}

/// Every class serves just the sizes above the class before it, up to its own, all multiples of 8; each power
/// of two is one.
constexpr bool is_sound(SizeClasses scheme) noexcept {
  for (std::size_t index = 0; index < count(scheme); ++index) {
    const std::size_t bytes = block_bytes(scheme, index);
    if (bytes % kGranule != 0 || index_of(scheme, bytes) != index) return false;
    if (bytes < kSlabBlockMax && index_of(scheme, bytes + 1) != index + 1) return false;
  }
  for (std::size_t bytes = kGranule; bytes <= kSlabBlockMax; bytes *= 2) {
    if (block_bytes(scheme, index_of(scheme, bytes)) != bytes) return false;
  }
  return true;
}

static_assert(is_sound(SizeClasses::halves) && is_sound(SizeClasses::quarters));
static_assert(count(SizeClasses::quarters) == kCountMax && count(SizeClasses::halves) < kCountMax);
static_assert(waste_up_to(SizeClasses::quarters, 32 * 1024).worst_above_linear < 0.20);
static_assert(waste_up_to(SizeClasses::quarters, 32 * 1024).mean < 0.10);
static_assert(waste_up_to(SizeClasses::halves, 32 * 1024).worst_above_linear < 0.34);
static_assert(waste_up_to(SizeClasses::halves, 32 * 1024).mean < 0.18);

}  // namespace slab_classes
}  // namespace cenote
