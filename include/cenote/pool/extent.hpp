/// 64 units that are committed together, as bits of words.
///
///     unit      0 1 2 3 4 5 ...
///     free      1 1 0 1 1 1         nobody has it
///     dirty     1 0 0 1 0 0         free, and holds old bytes: resident, not known to be zero
///     recent    0 0 0 1 0 0         dirty since the last tick: too young to purge
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/base/bits.hpp>
#include <cenote/base/intrusive_list.hpp>
#include <cenote/layout/geometry.hpp>

namespace cenote {

class Slab;

/// Threads     all under the page heap's lock, but for `start` and `descriptors`, which never change.
struct alignas(kCacheLine) Extent {
  std::uint64_t free;
  std::uint64_t dirty;
  std::uint64_t recent;
  std::byte* start;
  Slab* descriptors;  // of its 64 units
  ListLink<Extent> link;
  std::uint32_t longest_free;  // units in the longest run of `free`

  std::uint32_t free_count() const noexcept { return static_cast<std::uint32_t>(std::popcount(free)); }
  std::byte* unit_start(unsigned unit) const noexcept { return start + (std::size_t{unit} << kUnitShift); }

  /// Where to place `units`: among dirty ones when they fit, since those are resident; precondition: longest_free >= units.
  unsigned place(Units units) const noexcept {
    const unsigned warm = find_run(dirty, units.count);
    return warm < kUnitsPerExtent ? warm : find_run(free, units.count);
  }
};

static_assert(sizeof(Extent) == kCacheLine, "one line for each extent");

}  // namespace cenote
