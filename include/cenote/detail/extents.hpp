/// 64 units that are committed together, as bits of words.
///
///     unit      0 1 2 3 4 5 ...
///     free      1 1 0 1 1 1         nobody has it
///     dirty     1 0 0 1 0 0         free, and holds old bytes: resident, not known to be zero
///     recent    0 0 0 1 0 0         dirty since the last tick: too young to purge
///
/// An extent all of whose units are free can be released: its addresses go back to the system and other
/// mappings may take them, blocks of HugeBlocks too. Its descriptors stay and say `unused`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/placement.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

class Slab;

/// Threads     all under the page heap's lock, but for `start`, `descriptors` and `place`, which never
///             change.
struct alignas(kCacheLine) Extent {
  std::uint64_t free;
  std::uint64_t dirty;
  std::uint64_t recent;
  std::byte* start;
  Slab* descriptors;  // of its 64 units
  ListLink<Extent> link;
  std::uint32_t longest_free;  // units in the longest run of `free`
  Place place;
  bool is_released;  // it has no memory and no free units
  // Units that hold tables of its region, the first and the last ones: never free, never released.
  std::uint8_t header_units;
  std::uint8_t states_units;

  std::uint32_t own_count() const noexcept { return kUnitsPerExtent - header_units - states_units; }
  bool has_tables() const noexcept { return header_units + states_units != 0; }
  /// All units but those of tables.
  std::uint64_t own_units() const noexcept { return bit_run(header_units, own_count()); }
  bool is_wholly_free() const noexcept { return free == own_units(); }
  /// What is released when it is wholly free.
  os::Region own_memory() const noexcept {
    return {unit_start(header_units), std::size_t{own_count()} << kUnitShift};
  }
  std::uint32_t free_count() const noexcept { return static_cast<std::uint32_t>(std::popcount(free)); }
  std::byte* unit_start(unsigned unit) const noexcept { return start + (std::size_t{unit} << kUnitShift); }

  /// Whether its pages go back to the system one by one; reserved huge ones stay.
  bool gives_back() const noexcept { return place.pages() < PageKind::huge_2mib; }

  /// Units to purge now, those of `held` not among them: dirty ones, or whole transparent huge pages that
  /// hold such.
  std::uint64_t purgeable(std::uint64_t held) const noexcept {
    if (!gives_back()) return 0;
    const std::uint64_t may_go = free & ~held;
    if (place.pages() == PageKind::normal) return may_go & dirty;
    std::uint64_t whole = 0;
    for (std::uint64_t page = bit_run(0, kUnitsPerHugePage); page != 0; page <<= kUnitsPerHugePage) {
      if ((may_go & page) == page && (dirty & page) != 0) whole |= page;
    }
    return whole;
  }

  /// Where to put `units`: among dirty ones when they fit, since those are resident; precondition:
  /// longest_free >= units.
  unsigned best_run(Units units) const noexcept {
    const unsigned warm = find_run(dirty, units.count);
    return warm < kUnitsPerExtent ? warm : find_run(free, units.count);
  }
};

static_assert(sizeof(Extent) == kCacheLine, "one line for each extent");

/// Threads     note, sum: any; next_period: one at a time.
class RecentUnits {
 public:
  void note(Units units) noexcept { now_.fetch_add(units.count, std::memory_order_relaxed); }
  void next_period() noexcept {
    before_last_.store(last_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    last_.store(now_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  }
  Units sum() const noexcept {
    return {now_.load(std::memory_order_relaxed) + last_.load(std::memory_order_relaxed) +
            before_last_.load(std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint32_t> now_{0};
  std::atomic<std::uint32_t> last_{0};
  std::atomic<std::uint32_t> before_last_{0};
};

}  // namespace cenote

// Extents with free units, on shelves by place, the fullest found first.
//
//     find --> the place's shelf        elsewhere --> any shelf: another node's memory, or pages of another kind

namespace cenote {

/// Threads     the page heap's lock.
class Shelves {
 public:
  constexpr Shelves() noexcept = default;

  /// Sees to it that extents of a place can be put. False when the system refuses the memory for it; Place{}
  /// needs none.
  bool open(Place place) noexcept;

  /// The extent of a place with the fewest free units that has such a run; null when there is none.
  /// O(extents) at worst, O(1) for one unit.
  Extent* find(Units units, Place place) const noexcept;
  /// The same of any place.
  Extent* find_elsewhere(Units units) const noexcept;

  /// Whether an extent of a place has all its units free. Precondition: the place is open. O(1).
  bool has_wholly_free(Place place) const noexcept {
    return at(place.index())->lists >> (kUnitsPerExtent - 1) != 0;
  }

  /// Puts an extent where its free units belong, on no shelf when it has none; finds its longest run anew.
  /// Precondition: its place is open.
  void put(Extent& extent) noexcept;
  /// Takes it off, before its free units change.
  void take(Extent& extent) noexcept;

  /// Lists and bits agree; aborts when they do not. Returns the free units of all extents. O(extents).
  std::size_t check_invariants() const noexcept;

 private:
  using ExtentList = IntrusiveList<Extent, &Extent::link>;

  /// All zero when it is empty.
  struct Shelf {
    std::array<ExtentList, kUnitsPerExtent + 1> by_free{};
    std::uint64_t lists = 0;  // bit n - 1: by_free[n] is not empty

    Extent* find(Units units) const noexcept;
  };

  const Shelf* at(std::size_t index) const noexcept { return index == 0 ? &first_ : others_[index]; }
  Shelf& of(const Extent& extent) noexcept {
    const std::size_t index = extent.place.index();
    return index == 0 ? first_ : *others_[index];
  }
  std::size_t check_shelf(const Shelf& shelf, std::size_t index) const noexcept;

  Shelf first_{};                               // of Place{}
  std::array<Shelf*, Place::kCount> others_{};  // null: not open
  std::size_t end_ = 1;                         // above the last that is open
  os::PermanentMemory memory_{};
};

}  // namespace cenote
