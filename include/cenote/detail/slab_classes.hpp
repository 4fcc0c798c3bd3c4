/// The block sizes of a SlabAllocator, in two schemes. Pure arithmetic, proven at compile time.
///
///     halves      8 16 24 32        | 48 64 | 96 128 | ... | 48K 64K           two a doubling
///     quarters    8 16 24 ... 56 64 | 80 96 112 128  | ... | 40K 48K 56K 64K   four a doubling
///                 steps of 8 bytes  | steps of a half, or a quarter, of the doubling
///
/// Unlike the heaps' classes (size_classes.hpp) these begin at 8 bytes, and keep to one spacing: a request that asks for an alignment
/// above 8 gets the next class whose size is a multiple of it.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/geometry.hpp>

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

/// The smallest class whose blocks hold `bytes` and are a multiple of `alignment`, a power of two up to a unit: then every block of
/// the class has that alignment, since slabs start at units. O(classes a doubling).
constexpr std::size_t aligned_index_of(SizeClasses scheme, std::size_t bytes, std::size_t alignment) noexcept {
  std::size_t index = index_of(scheme, bytes);
  while ((block_bytes(scheme, index) & (alignment - 1)) != 0) ++index;
  return index;
}

/// What a scheme wastes on requests of 1..`largest` bytes, each size as often as the others: shares of the block.
struct Waste {
  double worst_above_linear =
      0;  // of any size above the steps of 8 bytes, below which no more than 7 bytes are lost
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

/// Every class serves just the sizes above the class before it, up to its own, all multiples of 8; each power of two is one.
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
