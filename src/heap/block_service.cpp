#include "heap/block_service.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "engine/caches/fast_path.hpp"
#include "heap/hardening.hpp"
#include "heap/reclaim.hpp"
#include "heap/sampler.hpp"
#include "heap/threads.hpp"

namespace cenote::block_service {
namespace {

void* refill_or_sample(HeapCore& core, ThreadCache& cache, SizeClass c, std::size_t bytes,
                       bool* zeroed) noexcept {
  if (void* const block = cache.refill(c, zeroed)) return block;
  if (!cache.take_due(c)) return nullptr;
  if (void* const block = sampler::allocate(core, c, bytes, zeroed)) return block;
  return cache.refill_one(c, zeroed);
}

void* allocate_small(HeapCore& core, ThreadCache& cache, SizeClass c, std::size_t bytes,
                     bool* zeroed) noexcept {
  return insist({core, &cache, bytes_of(slab_units(c))}, [&]() noexcept -> void* {
    if (void* const block = pop_block(cache.list_of(c))) {
      if (zeroed != nullptr) *zeroed = false;
      return block;
    }
    return refill_or_sample(core, cache, c, bytes, zeroed);
  });
}

// Profile off: one comparison.
void* considered(HeapCore& core, void* block, std::size_t bytes) noexcept {
  return profile::is_on() ? sampler::consider(core, block, bytes) : block;
}

void* allocate_large(HeapCore& core, ThreadCache& cache, std::size_t bytes, bool* zeroed) noexcept {
  return insist({core, &cache, CentralPool::charge_for(bytes)},
                [&]() noexcept { return core.central_pool.allocate_large(bytes, zeroed); });
}

void* allocate_huge(HeapCore& core, ThreadCache& cache, std::size_t bytes, std::size_t alignment,
                    bool* zeroed) noexcept {
  return insist({core, &cache, CentralPool::charge_for(bytes)},
                [&]() noexcept { return core.central_pool.allocate_huge(bytes, alignment, zeroed); });
}

bool extend_large(HeapCore& core, Slab& slab, std::size_t bytes) noexcept {
  MakeRoom room{core, nullptr, bytes_of(units_for(bytes)) - bytes_of(slab.units)};
  do {
    if (core.central_pool.extend_large(slab, bytes)) return true;
  } while (room.once_more_if_limited());
  return false;
}

void* grow_large(HeapCore& core, Slab& slab, void* block, std::size_t bytes) noexcept {
  if (!extend_large(core, slab, bytes)) return nullptr;
  if (sampler::has(core, slab)) {
    sampler::forget(core, &slab, block);
    slab.owner.store(nullptr, std::memory_order_relaxed);
  }
  return considered(core, block, bytes);
}

// Who grows once grows again: an eighth more of addresses, which cost nothing until they are touched, saves
// most of the calls. Under a limit there may be room for what is asked for alone.
void* resize_mapping(HeapCore& core, void* block, std::size_t old_bytes, std::size_t bytes) noexcept {
  if (bytes > old_bytes) {
    if (void* const moved = core.central_pool.resize_huge(block, bytes + bytes / 8)) return moved;
  }
  const std::size_t more = CentralPool::charge_for(bytes) - std::min(old_bytes, bytes);
  MakeRoom room{core, nullptr, more};
  void* moved = core.central_pool.resize_huge(block, bytes);
  while (moved == nullptr && room.once_more_if_limited()) moved = core.central_pool.resize_huge(block, bytes);
  return moved;
}

// Forgotten first: as soon as it has moved, its old place may be another thread's block.
void* resize_huge(HeapCore& core, void* block, std::size_t old_bytes, std::size_t bytes) noexcept {
  sampler::forget(core, nullptr, block);
  return considered(core, resize_mapping(core, block, old_bytes, bytes), bytes);
}

// A fresh block's first word linked it to its neighbour.
void* zero_small(void* block, SizeClass c, bool fresh) noexcept {
  if (fresh) {
    static_cast<FreeBlock*>(block)->next = nullptr;
    return block;
  }
  return std::memset(block, 0, block_bytes(c));
}

}  // namespace

Found find(const HeapCore& core, const void* block) noexcept {
  if (!is_aligned(block, kBlockAlignment)) return {};
  HugeBlocks& huge = core.central_pool.huge();
  Slab* slab = core.central_pool.pages().space().used_descriptor_of(block);
  if (slab == nullptr) {
    const HugeBlock found = huge.find(block);
    if (found.start == nullptr || found.holder != &core.central_pool) return {};
    return {AllocError{}, nullptr, found.bytes};
  }
  if (slab->kind == UnitKind::interior) slab = slab->head;
  if (slab->holder != &core.central_pool) return {};
  if (slab->kind == UnitKind::large && slab->start != block) return {};
  return {AllocError{}, slab, slab->block_bytes};
}

bool size_matches(const Found& found, std::size_t size, bool any_alignment) noexcept {
  if (size == 0 || size > found.bytes) return false;
  if (found.slab == nullptr) return found.bytes - size <= found.bytes / 8 + os::page_bytes();
  if (found.slab->kind == UnitKind::large) return found.bytes - size < kUnitBytes;
  const std::size_t alignment_max = any_alignment ? kUnitBytes : kBlockAlignment;
  for (std::size_t alignment = kBlockAlignment; alignment <= alignment_max; alignment *= 2) {
    if (block_bytes(aligned_size_class_of(size, alignment)) == found.bytes) return true;
  }
  return false;
}

void* allocate(HeapCore& core, HotLists& hot, std::size_t bytes, std::size_t alignment,
               bool* zeroed) noexcept {
  if (bytes <= kSlabBlockMax && alignment <= kUnitBytes) {
    const SizeClass c =
        alignment <= kBlockAlignment ? size_class_of(bytes) : aligned_size_class_of(bytes, alignment);
    return allocate_small(core, *hot.cache, c, bytes, zeroed);
  }
  if (!CentralPool::is_mapped(bytes) && alignment <= kUnitBytes)
    return considered(core, allocate_large(core, *hot.cache, bytes, zeroed), bytes);
  if (bytes > PTRDIFF_MAX) return nullptr;
  return considered(core, allocate_huge(core, *hot.cache, bytes, alignment, zeroed), bytes);
}

void* allocate_zeroed(HeapCore& core, HotLists& hot, std::size_t bytes) noexcept {
  bool zeroed = false;
  void* const block = allocate(core, hot, bytes, kBlockAlignment, &zeroed);
  if (block == nullptr) return nullptr;
  if (bytes <= kSlabBlockMax) return zero_small(block, size_class_of(bytes), zeroed);
  return zeroed ? block : std::memset(block, 0, bytes);
}

AllocError deallocate(HeapCore& core, HotLists* hot, void* block, const Found& found) noexcept {
  if (found.slab == nullptr) {
    sampler::forget(core, nullptr, block);
    return core.central_pool.deallocate_huge(block) ? AllocError{} : AllocError::foreign_block;
  }
  Slab& slab = *found.slab;
  if (sampler::has(core, slab)) {
    sampler::deallocate(core, slab, block);
  } else if (slab.kind == UnitKind::large) {
    core.central_pool.deallocate_large(slab);
  } else if (hot == nullptr) {
    ThreadCache::send_home(slab, block);
  } else if (slab.owner.load(std::memory_order_relaxed) != hot->cache) {
    hot->cache->free_remote(slab, block);
  } else if (slab.push_local(block)) {
    hot->cache->on_event(slab);
  }
  return AllocError{};
}

void drain_quarantine(HeapCore& core) noexcept {
  Quarantine::Entry entry = core.quarantine.take();
  while (entry.block != nullptr && hardening::on_leave_quarantine(core, entry))
    entry = core.quarantine.take();
}

void* keep(HeapCore& core, void* block, const Found& found, std::size_t bytes) noexcept {
  sampler::note_resized(core, found.slab, block, bytes);
  return block;
}

void* resize(HeapCore& core, void* block, const Found& found, std::size_t bytes) noexcept {
  if (size_matches(found, bytes, false)) return keep(core, block, found, bytes);
  if (found.slab != nullptr) {
    const bool grows = found.slab->kind == UnitKind::large && bytes > found.bytes && bytes <= kLargeBlockMax;
    return grows ? grow_large(core, *found.slab, block, bytes) : nullptr;
  }
  if (!CentralPool::is_mapped(bytes) || bytes > PTRDIFF_MAX / 2) return nullptr;
  return resize_huge(core, block, found.bytes, bytes);
}

}  // namespace cenote::block_service
