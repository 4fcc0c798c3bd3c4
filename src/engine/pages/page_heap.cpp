#include <cenote/detail/check.hpp>
#include <cenote/detail/page_heap.hpp>

#include "engine/pages/user_limit.hpp"

namespace cenote {
namespace {

std::size_t count_of(std::uint64_t mask) noexcept { return static_cast<std::size_t>(std::popcount(mask)); }

// Those of dirty units that the system can have back.
std::size_t purgeable_count(const Extent& extent, std::uint64_t dirty) noexcept {
  return extent.gives_back() ? count_of(dirty) : 0;
}

// Written under the lock, read without: plain arithmetic, but whole values.
void add(std::atomic<std::size_t>& counter, std::size_t more, std::size_t less = 0) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + more - less, std::memory_order_relaxed);
}

}  // namespace

UnitRun PageHeap::allocate(Units units, Place place) noexcept {
  const os::LockGuard guard{lock_};
  Extent* const extent = find(units, place);
  if (extent == nullptr) return {};
  const unsigned first = extent->best_run(units);
  const std::uint64_t run = bit_run(first, units.count);
  const bool clean = (extent->dirty & run) == 0;
  take(*extent, run);
  return {extent->descriptors + first, extent->unit_start(first), clean, extent->place};
}

void PageHeap::deallocate(std::byte* start, Units units, bool touched) noexcept {
  const os::LockGuard guard{lock_};
  Extent& extent = *space_.extent_of(start);
  const auto first = static_cast<unsigned>(static_cast<std::size_t>(start - extent.start) >> kUnitShift);
  const std::uint64_t run = bit_run(first, units.count);
  const bool keeps_another = shelves_.has_wholly_free(extent.place);
  put(extent, run, touched ? run : 0);
  if (extent.is_wholly_free() && keeps_another && user_limit::is_tight()) release(extent);
}

bool PageHeap::extend(std::byte* start, Units have, Units want) noexcept {
  const os::LockGuard guard{lock_};
  Extent& extent = *space_.extent_of(start);
  const auto first = static_cast<unsigned>(static_cast<std::size_t>(start - extent.start) >> kUnitShift);
  if (first + want.count > kUnitsPerExtent) return false;
  const std::uint64_t more = bit_run(first + have.count, want.count - have.count);
  if ((extent.free & more) != more) return false;
  take(extent, more);
  return true;
}

bool PageHeap::use_states() noexcept {
  if (space_.has_states()) [[likely]]
    return true;
  const os::LockGuard guard{lock_};
  return space_.has_states() || space_.use_states(*memory_);
}

// Purged first: a system that cannot do that gives no pages back at all.
bool PageHeap::fence(std::byte* start, Units units) noexcept {
  const os::Region run{start, bytes_of(units)};
  if (!space_.extent_of(start)->gives_back() || !memory_->purge(run)) return false;
  memory_->decommit(run);
  // The state of a block is that of its first bytes; of the others, pages may be there that once were in use.
  if (units.count > 1)
    static_cast<void>(space_.purge_states({start + kUnitBytes, bytes_of(units) - kUnitBytes}, *memory_));
  return true;
}

bool PageHeap::unfence(std::byte* start, Units units) noexcept {
  const os::Region run{start, bytes_of(units)};
  if (!memory_->commit(run)) return false;
  const Place place = place_of(start);
  nodes_->bind(run, place);
  if (place.pages() == PageKind::transparent_huge) memory_->advise_huge(run);
  return true;
}

bool PageHeap::is_free(const void* address) noexcept {
  if (!space_.has_units_at(address)) return false;  // tables have no extent
  const os::LockGuard guard{lock_};
  const Extent& extent = *space_.extent_of(static_cast<const std::byte*>(address));
  return extent.is_released ||
         (extent.free >> ((address_of(address) >> kUnitShift) % kUnitsPerExtent) & 1) != 0;
}

Extent* PageHeap::find(Units units, Place place) noexcept {
  for (;;) {
    if (Extent* const extent = shelves_.find(units, place)) return extent;
    const Extent* const fresh = grow(place);
    if (fresh == nullptr) return shelves_.find_elsewhere(units);  // the last resort
    place = fresh->place;                                         // in normal pages, maybe
  }
}

Extent* PageHeap::grow(Place place) noexcept {
  if (!shelves_.open(place) || !shelves_.open(place.in_normal_pages())) return nullptr;
  Extent* const fresh = space_.grow(*memory_, place);
  if (fresh == nullptr) return nullptr;
  nodes_->bind({fresh->start, kExtentBytes}, fresh->place);
  add(extents_, 1);
  shelves_.put(*fresh);
  return fresh;
}

void PageHeap::take(Extent& extent, std::uint64_t run) noexcept {
  shelves_.take(extent);
  add(used_units_, count_of(run));
  add(dirty_units_, 0, purgeable_count(extent, extent.dirty & run));
  extent.free &= ~run;
  extent.dirty &= ~run;
  extent.recent &= ~run;
  shelves_.put(extent);
}

void PageHeap::put(Extent& extent, std::uint64_t run, std::uint64_t dirty) noexcept {
  CENOTE_CHECK((extent.free & run) == 0, "units given back twice");
  shelves_.take(extent);
  add(used_units_, 0, count_of(run));
  add(dirty_units_, purgeable_count(extent, dirty));
  extent.free |= run;
  extent.dirty |= dirty;
  extent.recent |= dirty;
  shelves_.put(extent);
}

// Under the lock. An extent in reserved huge pages stays: they may be gone when it is needed again.
bool PageHeap::release(Extent& extent) noexcept {
  if (!extent.gives_back()) return false;
  const std::size_t dirty = purgeable_count(extent, extent.dirty);
  shelves_.take(extent);
  if (!space_.release(extent, *memory_)) {
    shelves_.put(extent);
    return false;
  }
  add(dirty_units_, 0, dirty);
  add(extents_, 0, 1);
  return true;
}

std::size_t PageHeap::release_free() noexcept {
  std::size_t bytes = 0;
  space_.for_each_extent([&](Extent& extent) {
    const os::LockGuard guard{lock_};
    if (extent.is_wholly_free() && release(extent)) bytes += extent.own_memory().bytes;
  });
  return bytes;
}

std::size_t PageHeap::purge(Age age, std::size_t bytes_max) noexcept {
  std::size_t bytes = 0;
  space_.for_each_extent([&](Extent& extent) {
    lock_.lock();
    const std::uint64_t cold = extent.purgeable(age == Age::any ? 0 : extent.recent);
    extent.recent = 0;
    if (cold == 0 || bytes >= bytes_max) return lock_.unlock();
    take(extent, cold);  // nobody else may have these units while the system works on them
    lock_.unlock();
    const std::size_t purged = purge_units(extent, cold);
    bytes += purged;
  });
  return bytes;
}

std::size_t PageHeap::purge_units(Extent& extent, std::uint64_t cold) noexcept {
  std::size_t bytes = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t left = cold; left != 0;) {
    const auto first = static_cast<unsigned>(std::countr_zero(left));
    const auto count = static_cast<unsigned>(std::countr_one(left >> first));
    const std::uint64_t run = bit_run(first, count);
    left &= ~run;
    const os::Region units{extent.unit_start(first), bytes_of({count})};
    if (space_.purge_states(units, *memory_) && memory_->purge(units)) {
      bytes += bytes_of({count});
    } else {
      refused |= run;
    }
  }
  const os::LockGuard guard{lock_};
  put(extent, cold, refused);
  return bytes;
}

os::Memory& PageHeap::exchange_memory(os::Memory& memory) noexcept {
  const os::LockGuard guard{lock_};
  os::Memory& before = *memory_;
  memory_ = &memory;
  return before;
}

void PageHeap::check_invariants() noexcept {
  const os::LockGuard guard{lock_};
  std::size_t dirty = 0;
  std::size_t free_units = 0;
  space_.for_each_extent([&](Extent& extent) {
    CENOTE_CHECK((extent.dirty & ~extent.free) == 0, "dirty units are free units");
    CENOTE_CHECK((extent.recent & ~extent.dirty) == 0, "recent units are dirty units");
    CENOTE_CHECK(extent.longest_free == longest_run(extent.free), "a stale run length");
    dirty += purgeable_count(extent, extent.dirty);
    free_units += extent.free_count();
  });
  CENOTE_CHECK(dirty == dirty_units_.load(std::memory_order_relaxed), "dirty units miscounted");
  CENOTE_CHECK(shelves_.check_invariants() == free_units, "an extent with free units on no list");
}

}  // namespace cenote
