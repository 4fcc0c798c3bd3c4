#include "heap/sampler.hpp"

#include "heap/hardening.hpp"
#include "heap/registry.hpp"
#include "profile/chance.hpp"
#include "profile/recorder.hpp"

namespace cenote::sampler {
namespace {

using profile::g_recorder;

ThreadCache* cache_of(HeapCore& core) noexcept {
  ThreadCache* const there = core.sampler.load(std::memory_order_acquire);
  return there != nullptr ? there : registry::attach_sampler(core);
}

// Memory that falls free meanwhile may start a thread, which allocates: such blocks are not sampled, or this
// would not end.
void* take_block(HeapCore& core, ThreadCache& cache, SizeClass c, bool* zeroed) noexcept {
  const profile::Inside inside;
  const os::LockGuard guard{core.sampler_lock};
  return cache.refill_one(c, zeroed);
}

/// What the program asked for, of a block of `bytes` that may end in a canary.
std::size_t requested(const HeapCore& core, std::size_t bytes) noexcept {
  return core.hardening == Hardening::full ? bytes - hardening::kCanaryBytes : bytes;
}

bool is_recorded(const HeapCore& core, const Slab* slab) noexcept {
  return slab != nullptr ? has(core, *slab) : g_recorder.was_started();
}

}  // namespace

void* allocate(HeapCore& core, SizeClass c, std::size_t bytes, bool* zeroed) noexcept {
  if (profile::t_inside) return nullptr;
  ThreadCache* const cache = cache_of(core);
  void* const block = cache == nullptr ? nullptr : take_block(core, *cache, c, zeroed);
  if (block == nullptr) {
    g_recorder.note_lost();
    return nullptr;
  }
  const std::size_t usable = block_bytes(c);
  g_recorder.note_allocated(
      {block, requested(core, bytes), usable, usable, &core.samples, core.profile_name});
  return block;
}

void deallocate(HeapCore& core, Slab& slab, void* block) noexcept {
  g_recorder.note_freed(block);
  if (slab.kind == UnitKind::large) return core.central_pool.deallocate_large(slab);
  ThreadCache::send_home(slab, block);
}

void* consider(HeapCore& core, void* block, std::size_t bytes) noexcept {
  if (block == nullptr || profile::t_inside || !profile::is_drawn(bytes)) return block;
  ThreadCache* const cache = cache_of(core);
  if (cache == nullptr) {
    g_recorder.note_lost();
    return block;
  }
  Slab* const slab = core.central_pool.pages().space().used_descriptor_of(block);
  if (slab != nullptr) slab->owner.store(SlabOwner::tag_of(cache), std::memory_order_relaxed);
  const std::size_t usable = slab != nullptr ? slab->block_bytes : core.central_pool.huge().find(block).bytes;
  g_recorder.note_allocated({block, requested(core, bytes), usable, bytes, &core.samples, core.profile_name});
  return block;
}

void forget(const HeapCore& core, const Slab* slab, const void* block) noexcept {
  if (is_recorded(core, slab)) g_recorder.note_freed(block);
}

void note_resized(const HeapCore& core, const Slab* slab, const void* block, std::size_t bytes) noexcept {
  if (is_recorded(core, slab)) g_recorder.note_resized(block, requested(core, bytes));
}

std::size_t settle(HeapCore& core) noexcept {
  ThreadCache* const cache = core.sampler.load(std::memory_order_acquire);
  if (cache == nullptr || profile::t_inside) return 0;
  const profile::Inside inside;
  const os::LockGuard guard{core.sampler_lock};
  return cache->settle();
}

}  // namespace cenote::sampler
