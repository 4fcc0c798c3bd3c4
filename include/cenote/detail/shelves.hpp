/// Extents with free units, on shelves by place, the fullest found first.
///
///     find --> the place's shelf        elsewhere --> any shelf: another node's memory, or pages of another kind
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/extent.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/permanent_memory.hpp>
#include <cenote/detail/place.hpp>

namespace cenote {

/// Threads     the page heap's lock.
class Shelves {
 public:
  constexpr Shelves() noexcept = default;

  /// Sees to it that extents of a place can be put. False when the system refuses the memory for it; Place{} needs none.
  bool open(Place place) noexcept;

  /// The extent of a place with the fewest free units that has such a run; null when there is none. O(extents) at worst, O(1) for one unit.
  Extent* find(Units units, Place place) const noexcept;
  /// The same of any place.
  Extent* find_elsewhere(Units units) const noexcept;

  /// Whether an extent of a place has all its units free. Precondition: the place is open. O(1).
  bool has_wholly_free(Place place) const noexcept {
    return at(place.index())->lists >> (kUnitsPerExtent - 1) != 0;
  }

  /// Puts an extent where its free units belong, on no shelf when it has none; finds its longest run anew. Precondition: its place is open.
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
