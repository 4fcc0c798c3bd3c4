#include "heap/block_service.hpp"

#include <cstdint>
#include <cstring>

#include <cenote/base/bits.hpp>
#include <cenote/cache/fast_path.hpp>
#include <cenote/os/system.hpp>

namespace cenote::block_service {
namespace {

void* allocate_small(ThreadCache& cache, SizeClass c, bool* zeroed) noexcept {
  if (void* const block = pop_block(cache.list_of(c))) {
    if (zeroed != nullptr) *zeroed = false;
    return block;
  }
  if (void* const block = cache.refill(c, zeroed)) return block;
  cache.settle();  // the last resort: what this thread holds back for nothing
  return cache.refill(c, zeroed);
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
  HugeBlocks& huge = core.depot.huge();
  Slab* slab = core.depot.pages().space().descriptor_of(block);
  if (slab == nullptr) {
    const HugeBlock found = huge.find(block);
    if (found.start == nullptr || found.holder != &core.depot) return {};
    return {AllocError{}, nullptr, found.bytes};
  }
  if (slab->kind == UnitKind::interior) slab = slab->head;
  if (slab->kind == UnitKind::unused || slab->holder != &core.depot) return {};
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
    return allocate_small(*hot.cache, c, zeroed);
  }
  if (bytes <= kLargeBlockMax && alignment <= kUnitBytes) return core.depot.allocate_large(bytes, zeroed);
  if (bytes > PTRDIFF_MAX) return nullptr;
  return core.depot.allocate_huge(bytes, alignment, zeroed);
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
    return core.depot.deallocate_huge(block) ? AllocError{} : AllocError::foreign_block;
  }
  Slab& slab = *found.slab;
  if (slab.kind == UnitKind::large) {
    core.depot.deallocate_large(slab);
  } else if (hot == nullptr) {
    ThreadCache::send_home(slab, block);
  } else if (slab.owner.load(std::memory_order_relaxed) != hot->cache) {
    hot->cache->free_remote(slab, block);
  } else if (slab.push_local(block)) {
    hot->cache->on_event(slab);
  }
  return AllocError{};
}

void* resize(HeapCore& core, void* block, const Found& found, std::size_t bytes) noexcept {
  if (size_matches(found, bytes, false)) return block;
  if (found.slab != nullptr) {
    const bool grows = found.slab->kind == UnitKind::large && bytes > found.bytes && bytes <= kLargeBlockMax;
    return grows && core.depot.extend_large(*found.slab, bytes) ? block : nullptr;
  }
  if (bytes <= kLargeBlockMax || bytes > PTRDIFF_MAX / 2) return nullptr;
  // Who grows once grows again: an eighth more of addresses, which cost nothing until they are touched, saves most of the calls.
  return core.depot.resize_huge(block, bytes > found.bytes ? bytes + bytes / 8 : bytes);
}

}  // namespace cenote::block_service
