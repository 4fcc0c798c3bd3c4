/// Slabs that no thread owns: left, adopted, purged while they rest.
#include <cenote/cache/slab_depot.hpp>

namespace cenote {

bool SlabDepot::is_near(const Slab& slab, Place here) const noexcept {
  return !pages_.nodes().several() || pages_.place_of(slab.start).node() == here.node();
}

// Those that rest come first, since their pages are resident.
Slab* SlabDepot::first_orphan(SizeClass c) noexcept {
  Slab* const resting = resting_[c.index].back();
  return resting != nullptr ? resting : settled_[c.index].front();
}

// Some, in turns: one of another node goes to where it is looked at last.
Slab* SlabDepot::adopt_orphan(SizeClass c, SlabOwner& owner, Place here) noexcept {
  const os::LockGuard guard{lock_};
  for (int looks = 0; looks < kOrphansLookedAt; ++looks) {
    Slab* const orphan = first_orphan(c);
    if (orphan == nullptr || is_near(*orphan, here)) return adopt(orphan, owner);
    look_at_last(*orphan);
  }
  return nullptr;
}

void SlabDepot::look_at_last(Slab& orphan) noexcept {
  const std::uint8_t c = orphan.size_class.index;
  if (orphan.state == SlabState::resting) {
    resting_[c].remove(orphan);
    resting_[c].push_front(orphan);
  } else {
    settled_[c].remove(orphan);
    settled_[c].push_back(orphan);
  }
}

// When no fresh slab is to be had.
Slab* SlabDepot::adopt_any_orphan(SizeClass c, SlabOwner& owner) noexcept {
  const os::LockGuard guard{lock_};
  return adopt(first_orphan(c), owner);
}

Slab* SlabDepot::adopt(Slab* orphan, SlabOwner& owner) noexcept {
  if (orphan == nullptr) return nullptr;
  unlist_orphan(*orphan);
  orphan_count_.fetch_sub(1, std::memory_order_relaxed);
  orphan->state = SlabState::partial;
  orphan->seen_used = 0;
  orphan->owner.store(&owner, std::memory_order_release);
  orphan->collect_remote_ordered();
  return orphan;
}

// The order matters: whoever pushes a first remote free after this collection sees the orphanage as owner, since the push
// follows the collection in the remote word's own order; whoever pushed before is collected here.
void SlabDepot::abandon(Slab& slab) noexcept {
  lock_.lock();
  slab.owner.store(&g_orphanage, std::memory_order_release);
  slab.set_used(slab.used());
  slab.collect_remote_ordered();
  if (slab.used() == 0) {
    drop(slab);
    return;
  }
  rest(slab);
  orphan_count_.fetch_add(1, std::memory_order_relaxed);
  lock_.unlock();
  after_free_();
}

// Under the lock this is the orphans' owner: it collects, so that the next remote free is a first one again and is told.
bool SlabDepot::settle_orphan(Slab& slab, SlabOwner* adopter) noexcept {
  lock_.lock();
  const bool orphan = slab.owner.load(std::memory_order_relaxed) == &g_orphanage && slab.holder == this;
  if (orphan) slab.collect_remote_ordered();
  const bool empty = orphan && slab.used() == 0;
  if (orphan && adopter != nullptr && !is_near(slab, here())) adopter = nullptr;
  if (!empty && (!orphan || adopter == nullptr)) {
    if (orphan) {
      unlist_orphan(slab);
      rest(slab);
    }
    lock_.unlock();
    return false;
  }
  unlist_orphan(slab);
  orphan_count_.fetch_sub(1, std::memory_order_relaxed);
  if (empty) {
    drop(slab);
    return false;
  }
  slab.state = SlabState::partial;
  slab.owner.store(adopter, std::memory_order_release);
  slab.collect_remote_ordered();
  lock_.unlock();
  return true;
}

// The lists of orphans, under the lock.
void SlabDepot::rest(Slab& slab) noexcept {
  slab.state = SlabState::resting;
  slab.rests_since = period_.load(std::memory_order_relaxed);
  resting_[slab.size_class.index].push_back(slab);
  pages_.note_resting(slab.units);
}

void SlabDepot::settle(Slab& slab) noexcept {
  slab.state = SlabState::settled;
  settled_[slab.size_class.index].push_back(slab);
}

void SlabDepot::unlist_orphan(Slab& slab) noexcept {
  if (slab.state == SlabState::settled) return settled_[slab.size_class.index].remove(slab);
  resting_[slab.size_class.index].remove(slab);
  pages_.note_no_longer_resting(slab.units);
}

bool SlabDepot::is_cold(const Slab& slab) const noexcept {
  return period_.load(std::memory_order_relaxed) - slab.rests_since >= kPeriodsToCold;
}

// Takes one out of everybody's reach: who frees into it now leaves the block on its remote word, and tells nobody.
Slab* SlabDepot::take_resting(Age age) noexcept {
  const os::LockGuard guard{lock_};
  for (std::size_t looks = 0; looks < kClassCount; ++looks) {
    Slab* const slab = resting_[next_class_].front();
    if (slab != nullptr && (age == Age::any || is_cold(*slab))) {
      unlist_orphan(*slab);
      slab->owner.store(nullptr, std::memory_order_relaxed);
      return slab;
    }
    next_class_ = static_cast<std::uint8_t>((next_class_ + 1) % kClassCount);
  }
  return nullptr;
}

SlabDepot::Purge SlabDepot::purge_orphans(Age age, std::uint32_t slabs_max) noexcept {
  Purge purge{};
  for (std::uint32_t slabs = 0; slabs < slabs_max; ++slabs) {
    Slab* const slab = take_resting(age);
    if (slab == nullptr) return purge;
    slab->collect_remote_ordered();
    purge.bytes += purge_slab(*slab);
    put_back(*slab);
  }
  purge.more = true;
  return purge;
}

// In the order of abandon, for the same reason.
void SlabDepot::put_back(Slab& slab) noexcept {
  lock_.lock();
  slab.owner.store(&g_orphanage, std::memory_order_release);
  const bool changed = slab.collect_remote_ordered() != 0;
  if (slab.used() == 0) {
    orphan_count_.fetch_sub(1, std::memory_order_relaxed);
    slab.owner.store(nullptr, std::memory_order_relaxed);
    all_.remove(slab);
    lock_.unlock();
    return_units(slab);  // this is a tick: it tells nobody to look at the clock
    return;
  }
  changed ? rest(slab) : settle(slab);
  lock_.unlock();
}

std::size_t SlabDepot::purge_slab(Slab& slab) noexcept {
  return may_purge(slab) ? slab.purge_free_parts(pages_.memory()) : 0;
}

}  // namespace cenote
