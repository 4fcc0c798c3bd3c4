/// What nearly every call on a Heap comes to: the calling thread used this heap last, its cache has the block
/// or owns the slab. The checked tier costs one byte written to allocate, one read and written to deallocate.
#pragma once

#include <cstddef>

#include <cenote/heap.hpp>

#include "engine/caches/fast_path.hpp"
#include "engine/pages/backing.hpp"
#include "heap/block_service.hpp"
#include "heap/heap_core.hpp"
#include "heap/threads.hpp"

namespace cenote::heap_fast_path {

/// A block of 1 to kSlabBlockMax bytes; null when the slow path must be asked.
inline void* allocate(HeapCore& core, std::size_t bytes) noexcept {
  HotLists* const hot = thread_state::lists_at_hand(core);
  if (hot == nullptr || core.hardening == Hardening::full) [[unlikely]]
    return nullptr;
  void* const block = allocate_fast(*hot, bytes);
  if (block == nullptr || core.hardening == Hardening::trusting) return block;
  g_backing.pages.space().state_of(block).store(BlockState::live, std::memory_order_relaxed);
  return block;
}

/// False when nothing happened and the slow path must be asked; also for null and for wrong calls, which it
/// reports.
inline bool deallocate(HeapCore& core, void* block) noexcept {
  HotLists* const hot = thread_state::lists_at_hand(core);
  const AddressRegion& region = g_backing.pages.space().first();
  std::size_t offset = 0;
  if (hot == nullptr || !region.covers(block, offset) || offset % kBlockAlignment != 0) [[unlikely]]
    return false;
  if (core.hardening == Hardening::full) [[unlikely]]
    return false;
  Slab& slab = *region.descriptor_at(offset);
  if (slab.owner.load(std::memory_order_relaxed) != hot->cache) [[unlikely]]
    return false;
  if (core.hardening == Hardening::checked) {
    std::atomic<BlockState>& state = *region.state_at(offset);
    const BlockState before = state.load(std::memory_order_relaxed);
    if (before != BlockState::live && before != BlockState::live_aligned) [[unlikely]]
      return false;
    state.store(BlockState::freed, std::memory_order_relaxed);
  }
  if (slab.push_local(block)) [[unlikely]]
    hot->cache->on_event(slab);
  return true;
}

/// The same for a block of another thread, in a heap that keeps no states. False as above.
inline bool deallocate_remote(HeapCore& core, void* block) noexcept {
  HotLists* const hot = thread_state::lists_at_hand(core);
  return hot != nullptr && core.hardening == Hardening::trusting &&
         block_service::deallocate_remote(core, *hot->cache, block);
}

}  // namespace cenote::heap_fast_path
