#include "engine/caches/orphans.hpp"

namespace cenote {

Slab* Orphans::next(SizeClass c) const noexcept {
  Slab* const resting = resting_[c.index].back();
  return resting != nullptr ? resting : settled_[c.index].front();
}

void Orphans::pass_over(Slab& slab) noexcept {
  List& list = list_of(slab);
  list.remove(slab);
  slab.state == SlabState::resting ? list.push_front(slab) : list.push_back(slab);
}

void Orphans::rest(Slab& slab) noexcept {
  slab.state = SlabState::resting;
  slab.rests_since = period_.load(std::memory_order_relaxed);
  list_of(slab).push_back(slab);
  count_.fetch_add(1, std::memory_order_relaxed);
  pages_.note_resting(slab.units);
}

void Orphans::settle(Slab& slab) noexcept {
  slab.state = SlabState::settled;
  list_of(slab).push_back(slab);
  count_.fetch_add(1, std::memory_order_relaxed);
}

void Orphans::remove(Slab& slab) noexcept {
  list_of(slab).remove(slab);
  count_.fetch_sub(1, std::memory_order_relaxed);
  if (slab.state == SlabState::resting) pages_.note_no_longer_resting(slab.units);
}

Slab* Orphans::find(Age age) noexcept {
  for (std::size_t looks = 0; looks < kClassCount; ++looks) {
    Slab* const slab = resting_[next_class_].front();
    if (slab != nullptr && (age == Age::any || is_cold(*slab))) return slab;
    next_class_ = static_cast<std::uint8_t>((next_class_ + 1) % kClassCount);
  }
  return nullptr;
}

}  // namespace cenote
