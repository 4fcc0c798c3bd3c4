/// How address space is divided. Pure arithmetic.
///
///     region   up to 256 GiB of addresses, 4 MiB aligned
///     extent   4 MiB: what is committed at a time
///     unit     64 KiB: the page of this allocator; each has a descriptor of 128 bytes
///     OS page  4 KiB on x86-64: what becomes resident, and what is purged
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>

namespace cenote {

/// A count of units. Never mixed with bytes.
struct Units {
  std::uint32_t count = 0;
  friend constexpr auto operator<=>(Units, Units) = default;
};

inline constexpr std::size_t kUnitShift = 16;
inline constexpr std::size_t kUnitBytes = std::size_t{1} << kUnitShift;
inline constexpr std::size_t kExtentShift = 22;
inline constexpr std::size_t kExtentBytes = std::size_t{1} << kExtentShift;
inline constexpr std::uint32_t kUnitsPerExtent = static_cast<std::uint32_t>(kExtentBytes / kUnitBytes);
/// Units in a huge page of 2 MiB.
inline constexpr std::uint32_t kUnitsPerHugePage =
    static_cast<std::uint32_t>((std::size_t{2} << 20) / kUnitBytes);
inline constexpr std::size_t kDescriptorShift = 7;
inline constexpr std::size_t kDescriptorBytes = std::size_t{1} << kDescriptorShift;

/// Blocks of at most this many bytes are cut from slabs; above, a block has units of its own.
inline constexpr std::size_t kSlabBlockMax = 64 * 1024;
/// Blocks of at most this many bytes live in units of a region; above, each has a mapping of its own, which
/// mremap can grow.
inline constexpr std::size_t kLargeBlockMax = 1024 * 1024;

constexpr std::size_t bytes_of(Units units) noexcept { return std::size_t{units.count} << kUnitShift; }

/// The fewest units that hold `bytes`.
constexpr Units units_for(std::size_t bytes) noexcept {
  return {static_cast<std::uint32_t>((bytes + kUnitBytes - 1) >> kUnitShift)};
}

static_assert(kUnitsPerExtent == 64, "an extent's units are the bits of one word");
static_assert(units_for(kLargeBlockMax).count <= kUnitsPerExtent, "a large block lies within one extent");

}  // namespace cenote

// A slab in at most sixteen parts, each of which can go back to the system while blocks in the others are in
// use. Pure arithmetic.
//
//     blocks of at most a page    | page 0      | page 1      | page 2    ...    a part is a page: its blocks are those that begin there
//                                 | b | b | b | b | b | b | b | b | b |  ...     (one may end in the next)
//
//     larger blocks               | block 0           | block 1           | ...  a part is a block: the pages inside it can go,
//                                 | page | page | page | page | page |    ...    and those between two parts that both go

namespace cenote {

struct SlabParts {
  std::uint32_t block_bytes = 0;
  std::uint32_t part_bytes = 0;
  std::uint32_t capacity = 0;  // blocks

  constexpr SlabParts(std::uint32_t bytes_of_block, std::uint32_t blocks, std::size_t page_bytes) noexcept
      : block_bytes{bytes_of_block},
        part_bytes{std::max(bytes_of_block, static_cast<std::uint32_t>(page_bytes))},
        capacity{blocks} {}

  constexpr std::uint32_t count() const noexcept {
    return (capacity * block_bytes + part_bytes - 1) / part_bytes;
  }
  /// The part in which the block at `offset` from the slab's start begins.
  constexpr std::uint32_t part_at(std::size_t offset) const noexcept {
    return static_cast<std::uint32_t>(offset / part_bytes);
  }
  /// Whether a block at `offset` ends in the part behind its own.
  constexpr bool reaches_next(std::size_t offset) const noexcept {
    return part_at(offset + block_bytes - 1) != part_at(offset);
  }
  /// Whether a block of the part before ends in `part`.
  constexpr bool is_reached(std::uint32_t part) const noexcept {
    return part * part_bytes % block_bytes != 0;
  }
  /// The first block that begins in `part`; that of part count() is the capacity.
  constexpr std::uint32_t first_block(std::uint32_t part) const noexcept {
    return std::min((part * part_bytes + block_bytes - 1) / block_bytes, capacity);
  }
  constexpr std::uint32_t blocks_in(std::uint32_t part) const noexcept {
    return first_block(part + 1) - first_block(part);
  }
};

/// Where whole pages of adjacent parts lie: offsets from the slab's start; empty when there is none.
struct PartPages {
  std::size_t begin = 0;
  std::size_t end = 0;
  constexpr std::size_t bytes() const noexcept { return end > begin ? end - begin : 0; }
};

/// The whole pages in the `count` parts from `first` on.
constexpr PartPages pages_of(const SlabParts& parts, std::uint32_t first, std::uint32_t count,
                             std::size_t page_bytes) noexcept {
  const std::size_t begin = std::size_t{first} * parts.part_bytes;
  const std::size_t end = begin + std::size_t{count} * parts.part_bytes;
  return {(begin + page_bytes - 1) / page_bytes * page_bytes, end / page_bytes * page_bytes};
}

struct SlabShape {
  std::uint32_t block_bytes = 0;
  std::uint16_t units = 0;
  std::uint16_t capacity = 0;  // blocks
};

/// The slab for blocks of `block_bytes`, 8..kSlabBlockMax: at least eight blocks, so that its unused tail
/// stays under an eighth.
constexpr SlabShape slab_shape_for(std::uint32_t block_bytes) noexcept {
  constexpr auto kEighth = static_cast<std::uint32_t>(kUnitBytes / 8);
  const std::uint32_t units = block_bytes <= kEighth ? 1 : std::bit_ceil(block_bytes) / kEighth;
  return {block_bytes, static_cast<std::uint16_t>(units),
          static_cast<std::uint16_t>((units << kUnitShift) / block_bytes)};
}

}  // namespace cenote
