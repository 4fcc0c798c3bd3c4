/// The two paths that nearly every call takes, whole on a screen. Twelve instructions to allocate, eighteen
/// to deallocate (tests/golden counts them); everything rare is elsewhere and has a name.
#pragma once

#include <cstddef>

#include <cenote/detail/address_space.hpp>
#include <cenote/detail/size_classes.hpp>

#include "engine/caches/thread_cache.hpp"

namespace cenote {

/// Takes the first block off `list`; null when it is empty.
inline void* pop_block(FreeBlock*& list) noexcept {
  FreeBlock* const block = list;
  if (block == nullptr) [[unlikely]]
    return nullptr;
  list = block->next;
  return block;
}

/// A block of at least `bytes`, when the calling thread's cache has one at hand; null when the slow path must
/// be asked.
inline void* allocate_fast(HotLists& hot, std::size_t bytes) noexcept {
  if (bytes <= kTinyMax) [[likely]]
    return pop_block(hot.tiny[tiny_class_of(bytes).index]);
  if (bytes <= kSlabBlockMax) return pop_block(hot.cache->coarse_list(coarse_class_of(bytes)));
  return nullptr;
}

/// Frees `block` when the calling thread's cache owns its slab. False: nothing happened, the slow path must
/// be asked; also for null and for pointers that are no blocks.
inline bool deallocate_fast(HotLists& hot, const AddressSpace& space, void* block) noexcept {
  const AddressRegion& region = space.first();
  std::size_t offset = 0;
  if (!region.covers(block, offset)) [[unlikely]]
    return false;
  Slab& slab = *region.descriptor_at(offset);
  if (slab.owner.load(std::memory_order_relaxed) != hot.cache) [[unlikely]]
    return false;
  if (slab.push_local(block)) [[unlikely]]
    hot.cache->on_event(slab);
  return true;
}

}  // namespace cenote
