#include "engine/caches/abandoned.hpp"

#include "engine/caches/central_pool.hpp"

namespace cenote {

Slab* AbandonedSlabs::next(SizeClass c) const noexcept {
  Slab* const resting = resting_[c.index].back();
  return resting != nullptr ? resting : settled_[c.index].front();
}

void AbandonedSlabs::pass_over(Slab& slab) noexcept {
  List& list = list_of(slab);
  list.remove(slab);
  slab.state == SlabState::resting ? list.push_front(slab) : list.push_back(slab);
}

void AbandonedSlabs::rest(Slab& slab) noexcept {
  slab.state = SlabState::resting;
  slab.rests_since = period_.load(std::memory_order_relaxed);
  list_of(slab).push_back(slab);
  count_.fetch_add(1, std::memory_order_relaxed);
  pages_.note_resting(slab.units);
}

void AbandonedSlabs::settle(Slab& slab) noexcept {
  slab.state = SlabState::settled;
  list_of(slab).push_back(slab);
  count_.fetch_add(1, std::memory_order_relaxed);
}

void AbandonedSlabs::remove(Slab& slab) noexcept {
  list_of(slab).remove(slab);
  count_.fetch_sub(1, std::memory_order_relaxed);
  if (slab.state == SlabState::resting) pages_.note_no_longer_resting(slab.units);
}

Slab* AbandonedSlabs::find(Age age) noexcept {
  for (std::size_t looks = 0; looks < kClassCount; ++looks) {
    Slab* const slab = resting_[next_class_].front();
    if (slab != nullptr && (age == Age::any || is_cold(*slab))) return slab;
    next_class_ = static_cast<std::uint8_t>((next_class_ + 1) % kClassCount);
  }
  return nullptr;
}

bool CentralPool::is_near(const Slab& slab, Place here) const noexcept {
  return !pages_.nodes().several() || pages_.place_of(slab.start).node() == here.node();
}

// Some, in turns: one of another node is looked at last from now on.
Slab* CentralPool::adopt_abandoned(SizeClass c, SlabOwner& owner, Place here) noexcept {
  const os::LockGuard guard{lock_};
  for (int looks = 0; looks < kAbandonedLookedAt; ++looks) {
    Slab* const slab = abandoned_.next(c);
    if (slab == nullptr) return nullptr;
    if (is_near(*slab, here)) return adopt(*slab, owner);
    abandoned_.pass_over(*slab);
  }
  return nullptr;
}

// When no fresh slab is to be had.
Slab* CentralPool::adopt_any_abandoned(SizeClass c, SlabOwner& owner) noexcept {
  const os::LockGuard guard{lock_};
  Slab* const slab = abandoned_.next(c);
  return slab == nullptr ? nullptr : adopt(*slab, owner);
}

Slab* CentralPool::adopt(Slab& slab, SlabOwner& owner) noexcept {
  abandoned_.remove(slab);
  slab.state = SlabState::partial;
  slab.seen_used = 0;
  slab.owner.store(&owner, std::memory_order_release);
  slab.collect_remote_ordered();
  return &slab;
}

// The order matters: whoever pushes a first remote free after this collection finds `g_abandoned` as the
// owner, since the push follows the collection in the remote word's own order; whoever pushed before is
// collected here.
void CentralPool::abandon(Slab& slab) noexcept {
  lock_.lock();
  slab.owner.store(&g_abandoned, std::memory_order_release);
  slab.set_used(slab.used());
  slab.collect_remote_ordered();
  if (slab.used() == 0) {
    drop(slab);
    return;
  }
  abandoned_.rest(slab);
  lock_.unlock();
  after_free_();
}

// Under the lock this is the abandoned slabs' owner: it collects, so that the next remote free is a first one
// again and is told.
bool CentralPool::settle_abandoned(Slab& slab, SlabOwner* adopter) noexcept {
  lock_.lock();
  // Acquire: when `g_abandoned` owns the slab for another central pool by now, that central pool is its
  // holder.
  if (slab.owner.load(std::memory_order_acquire) != &g_abandoned || slab.holder != this) {
    lock_.unlock();
    return false;
  }
  slab.collect_remote_ordered();
  if (slab.used() == 0) {
    abandoned_.remove(slab);
    drop(slab);
    return false;
  }
  const bool is_adopted = adopter != nullptr && is_near(slab, here());
  if (is_adopted) {
    adopt(slab, *adopter);
  } else {
    abandoned_.remove(slab);
    abandoned_.rest(slab);
  }
  lock_.unlock();
  return is_adopted;
}

// Takes one out of everybody's reach: who frees into it now leaves the block on its remote word, and tells
// nobody.
Slab* CentralPool::take_resting(AbandonedSlabs::Age age) noexcept {
  const os::LockGuard guard{lock_};
  Slab* const slab = abandoned_.find(age);
  if (slab == nullptr) return nullptr;
  abandoned_.remove(*slab);
  slab->owner.store(nullptr, std::memory_order_relaxed);
  return slab;
}

CentralPool::Purge CentralPool::purge_abandoned(AbandonedSlabs::Age age, std::uint32_t slabs_max) noexcept {
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
void CentralPool::put_back(Slab& slab) noexcept {
  lock_.lock();
  slab.owner.store(&g_abandoned, std::memory_order_release);
  const bool changed = slab.collect_remote_ordered() != 0;
  if (slab.used() == 0) return drop(slab);
  changed ? abandoned_.rest(slab) : abandoned_.settle(slab);
  lock_.unlock();
}

std::size_t CentralPool::purge_slab(Slab& slab) noexcept {
  return may_purge(slab) ? slab.purge_free_parts(pages_.memory()) : 0;
}

}  // namespace cenote
