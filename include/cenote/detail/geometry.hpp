/// How address space is divided. Pure arithmetic.
///
///     region   up to 256 GiB of addresses, 4 MiB aligned
///     extent   4 MiB: what is committed at a time
///     unit     64 KiB: the page of this allocator; each has a descriptor of 128 bytes
///     OS page  4 KiB on x86-64: what becomes resident, and what is purged
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

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
/// Blocks of at most this many bytes live in units of a region; above, each has a mapping of its own, which mremap can grow.
inline constexpr std::size_t kLargeBlockMax = 1024 * 1024;

constexpr std::size_t bytes_of(Units units) noexcept { return std::size_t{units.count} << kUnitShift; }

/// The fewest units that hold `bytes`.
constexpr Units units_for(std::size_t bytes) noexcept {
  return {static_cast<std::uint32_t>((bytes + kUnitBytes - 1) >> kUnitShift)};
}

static_assert(kUnitsPerExtent == 64, "an extent's units are the bits of one word");
static_assert(units_for(kLargeBlockMax).count <= kUnitsPerExtent, "a large block lies within one extent");

}  // namespace cenote
