#include <algorithm>
#include <new>

#include <cenote/detail/check.hpp>
#include <cenote/detail/extents.hpp>

namespace cenote {

bool Shelves::open(Place place) noexcept {
  const std::size_t index = place.index();
  if (at(index) != nullptr) return true;
  void* const memory = memory_.allocate(sizeof(Shelf));
  if (memory == nullptr) return false;
  others_[index] = ::new (memory) Shelf{};
  end_ = std::max(end_, index + 1);
  return true;
}

Extent* Shelves::Shelf::find(Units units) const noexcept {
  for (std::uint64_t left = lists & ~bit_run(0, units.count - 1); left != 0; left &= left - 1) {
    const auto free_units = static_cast<std::size_t>(std::countr_zero(left)) + 1;
    for (Extent* e = by_free[free_units].front(); e != nullptr; e = ExtentList::next_of(*e)) {
      if (e->longest_free >= units.count) return e;
    }
  }
  return nullptr;
}

Extent* Shelves::find(Units units, Place place) const noexcept {
  const Shelf* const shelf = at(place.index());
  return shelf != nullptr ? shelf->find(units) : nullptr;
}

Extent* Shelves::find_elsewhere(Units units) const noexcept {
  for (std::size_t index = 0; index < end_; ++index) {
    const Shelf* const shelf = at(index);
    if (Extent* const extent = shelf != nullptr ? shelf->find(units) : nullptr) return extent;
  }
  return nullptr;
}

void Shelves::take(Extent& extent) noexcept {
  const std::uint32_t free_units = extent.free_count();
  if (free_units == 0) return;
  Shelf& shelf = of(extent);
  shelf.by_free[free_units].remove(extent);
  if (shelf.by_free[free_units].empty()) shelf.lists &= ~bit_run(free_units - 1, 1);
}

void Shelves::put(Extent& extent) noexcept {
  extent.longest_free = longest_run(extent.free);
  const std::uint32_t free_units = extent.free_count();
  if (free_units == 0) return;
  Shelf& shelf = of(extent);
  shelf.by_free[free_units].push_front(extent);
  shelf.lists |= bit_run(free_units - 1, 1);
}

std::size_t Shelves::check_invariants() const noexcept {
  std::size_t free_units = 0;
  for (std::size_t index = 0; index < end_; ++index) {
    if (const Shelf* const shelf = at(index)) free_units += check_shelf(*shelf, index);
  }
  return free_units;
}

std::size_t Shelves::check_shelf(const Shelf& shelf, std::size_t index) const noexcept {
  std::size_t free_units = 0;
  for (std::size_t n = 1; n <= kUnitsPerExtent; ++n) {
    CENOTE_CHECK(shelf.by_free[n].empty() == ((shelf.lists >> (n - 1) & 1) == 0), "a stale list bit");
    for (const Extent* e = shelf.by_free[n].front(); e != nullptr; e = ExtentList::next_of(*e)) {
      CENOTE_CHECK(e->place.index() == index && e->free_count() == n, "an extent on a wrong list");
      free_units += n;
    }
  }
  return free_units;
}

}  // namespace cenote
