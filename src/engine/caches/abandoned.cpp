#include "engine/caches/abandoned.hpp"

#include "engine/caches/central_pool.hpp"

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

bool SlabDepot::is_near(const Slab& slab, Place here) const noexcept {
  return !pages_.nodes().several() || pages_.place_of(slab.start).node() == here.node();
}

// Some, in turns: one of another node is looked at last from now on.
Slab* SlabDepot::adopt_orphan(SizeClass c, SlabOwner& owner, Place here) noexcept {
  const os::LockGuard guard{lock_};
  for (int looks = 0; looks < kOrphansLookedAt; ++looks) {
    Slab* const orphan = orphans_.next(c);
    if (orphan == nullptr) return nullptr;
    if (is_near(*orphan, here)) return adopt(*orphan, owner);
    orphans_.pass_over(*orphan);
  }
  return nullptr;
}

// When no fresh slab is to be had.
Slab* SlabDepot::adopt_any_orphan(SizeClass c, SlabOwner& owner) noexcept {
  const os::LockGuard guard{lock_};
  Slab* const orphan = orphans_.next(c);
  return orphan == nullptr ? nullptr : adopt(*orphan, owner);
}

Slab* SlabDepot::adopt(Slab& orphan, SlabOwner& owner) noexcept {
  orphans_.remove(orphan);
  orphan.state = SlabState::partial;
  orphan.seen_used = 0;
  orphan.owner.store(&owner, std::memory_order_release);
  orphan.collect_remote_ordered();
  return &orphan;
}

// The order matters: whoever pushes a first remote free after this collection sees the orphanage as owner,
// since the push follows the collection in the remote word's own order; whoever pushed before is collected
// here.
void SlabDepot::abandon(Slab& slab) noexcept {
  lock_.lock();
  slab.owner.store(&g_orphanage, std::memory_order_release);
  slab.set_used(slab.used());
  slab.collect_remote_ordered();
  if (slab.used() == 0) {
    drop(slab);
    return;
  }
  orphans_.rest(slab);
  lock_.unlock();
  after_free_();
}

// Under the lock this is the orphans' owner: it collects, so that the next remote free is a first one again
// and is told.
bool SlabDepot::settle_orphan(Slab& slab, SlabOwner* adopter) noexcept {
  lock_.lock();
  // Acquire: when the orphanage owns the slab for another depot by now, that depot is its holder.
  if (slab.owner.load(std::memory_order_acquire) != &g_orphanage || slab.holder != this) {
    lock_.unlock();
    return false;
  }
  slab.collect_remote_ordered();
  if (slab.used() == 0) {
    orphans_.remove(slab);
    drop(slab);
    return false;
  }
  const bool is_adopted = adopter != nullptr && is_near(slab, here());
  if (is_adopted) {
    adopt(slab, *adopter);
  } else {
    orphans_.remove(slab);
    orphans_.rest(slab);
  }
  lock_.unlock();
  return is_adopted;
}

// Takes one out of everybody's reach: who frees into it now leaves the block on its remote word, and tells
// nobody.
Slab* SlabDepot::take_resting(Orphans::Age age) noexcept {
  const os::LockGuard guard{lock_};
  Slab* const slab = orphans_.find(age);
  if (slab == nullptr) return nullptr;
  orphans_.remove(*slab);
  slab->owner.store(nullptr, std::memory_order_relaxed);
  return slab;
}

SlabDepot::Purge SlabDepot::purge_orphans(Orphans::Age age, std::uint32_t slabs_max) noexcept {
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
  if (slab.used() == 0) return drop(slab);
  changed ? orphans_.rest(slab) : orphans_.settle(slab);
  lock_.unlock();
}

std::size_t SlabDepot::purge_slab(Slab& slab) noexcept {
  return may_purge(slab) ? slab.purge_free_parts(pages_.memory()) : 0;
}

}  // namespace cenote
