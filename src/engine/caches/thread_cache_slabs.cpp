/// On which list each slab is, by the blocks in use, and when it leaves the cache.
#include <algorithm>
#include <utility>

#include "engine/caches/thread_cache.hpp"

namespace cenote {
namespace {

// Few enough blocks in use that pages without any are to be expected: two for each page leave 13 % of pages
// free when they lie at random.
constexpr std::uint32_t kSparseBlocks = 32;
std::uint32_t sparse_blocks(const Slab& slab) noexcept {
  return std::min<std::uint32_t>(slab.capacity / 4U, kSparseBlocks);
}

}  // namespace

[[gnu::noinline]] void ThreadCache::on_event(Slab& slab) noexcept {
  switch (slab.state) {
    case SlabState::full:
      bin_of(slab).full.remove(slab);
      file(slab);
      break;
    case SlabState::partial:
    case SlabState::sparse:
      unfile(slab);
      file(slab);
      break;
    case SlabState::current:  // with no block in use, so that its class's list is empty too
      note_emptied(slab);
      break;
    case SlabState::emptied:
    case SlabState::resting:
    case SlabState::settled:
      break;
  }
}

// Puts a slab, of no list, where its blocks in use say, and has the next event come when that is no longer
// the right place.
void ThreadCache::file(Slab& slab) noexcept {
  const std::uint32_t in_use = slab.used();
  const std::uint32_t few = sparse_blocks(slab);
  if (in_use == 0) return give_up(slab);
  if (in_use <= few) return to_sparse(slab);
  slab.expect_event_after(in_use - few);
  slab.state = SlabState::partial;
  bin_of(slab).partial.push_back(slab);
}

void ThreadCache::to_sparse(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  slab.set_used(slab.used());
  slab.state = SlabState::sparse;
  bin.sparse.push_back(slab);
  if (++bin.sparse_slabs <= kSparseKept || keeps_slabs_) return;
  Slab& oldest = *bin.sparse.front();
  unfile(oldest);
  leave_to_depot(oldest);
}

void ThreadCache::unfile(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  if (slab.state == SlabState::partial) return bin.partial.remove(slab);
  bin.sparse.remove(slab);
  --bin.sparse_slabs;
}

void ThreadCache::note_emptied(Slab& current) noexcept {
  current.state = SlabState::emptied;
  emptied_units_ += current.units.count;
  if (emptied_units_ > kEmptyUnitsKept && emptied_released_ < kEmptiedReleasedMax)
    keep_few_emptied(current.size_class);
}

// What is kept is the slab of the latest class, and those of the next lower ones: blocks of many sizes are
// often freed in rising order of size.
void ThreadCache::keep_few_emptied(SizeClass latest) noexcept {
  emptied_units_ = 0;
  for (std::size_t i = 0; i < kClassCount; ++i) {
    Slab*& current = bins_[(latest.index + kClassCount - i) % kClassCount].current;
    if (current == nullptr || current->state != SlabState::emptied) continue;
    if (current->used() != 0) {
      current->state = SlabState::current;
    } else if (emptied_units_ + current->units.count <= kEmptyUnitsKept) {
      emptied_units_ += current->units.count;
    } else {
      ++emptied_released_;
      give_up(*std::exchange(current, nullptr));
    }
  }
}

// An empty slab, of no list, leaves.
void ThreadCache::give_up(Slab& slab) noexcept {
  let_go(slab);
  central_pool_->release(slab);
}

void ThreadCache::leave_to_depot(Slab& slab) noexcept {
  let_go(slab);
  central_pool_->abandon(slab);
}

// Others may still be about to enlist it: they look at the owner under the same lock.
void ThreadCache::let_go(Slab& slab) noexcept {
  --bin_of(slab).slabs;
  const os::LockGuard guard{ready_lock_};
  slab.owner.store(nullptr, std::memory_order_relaxed);
  if (slab.ready_listed) unlist_ready(slab);
}

}  // namespace cenote
