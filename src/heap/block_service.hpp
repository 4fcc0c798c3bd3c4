/// Blocks of every size for one heap: which of the three sources serves a request, and whose a pointer is.
///
///     bytes     1 .. 64 KiB           .. 1 MiB               above
///     source    the thread's cache    units of its own       a mapping of its own
///     found by  descriptor: slab      descriptor: large      table of huge blocks
///
/// Nothing here knows of hardening: blocks are handed out and taken back as they are.
#pragma once

#include <cstddef>

#include <cenote/result.hpp>

#include "engine/caches/thread_cache.hpp"
#include "heap/heap_core.hpp"
#include "heap/sampler.hpp"

namespace cenote::block_service {

/// What a pointer is to a heap.
struct Found {
  AllocError error = AllocError::foreign_block;  // AllocError{}: it is a block, or may be one
  Slab* slab = nullptr;                          // null for a huge block
  std::size_t bytes = 0;                         // usable
};

/// Looks `block` up. For a block in a slab only its slab is checked, not that the block is in use. O(1).
Found find(const HeapCore& core, const void* block) noexcept;

/// Whether a request of `size` bytes, with malloc's alignment or with any, gets a block like `found`.
bool size_matches(const Found& found, std::size_t size, bool any_alignment) noexcept;

/// A block of at least `bytes`, aligned to `alignment` (a power of two up to kHeapAlignmentMax); null on
/// failure. `zeroed`, when not null, says whether it reads as zero. bytes > 0.
void* allocate(HeapCore& core, HotLists& hot, std::size_t bytes, std::size_t alignment,
               bool* zeroed = nullptr) noexcept;

/// The same, all zero.
void* allocate_zeroed(HeapCore& core, HotLists& hot, std::size_t bytes) noexcept;

/// Takes a block back as most frees are that are no fast ones: it lies in a slab's first unit that another
/// thread's cache owns. False: nothing has happened, `find` must tell what it is.
inline bool deallocate_remote(HeapCore& core, ThreadCache& cache, void* block) noexcept {
  const AddressRegion& region = core.central_pool.pages().space().first();
  std::size_t offset = 0;
  if (!region.covers(block, offset) || offset % kBlockAlignment != 0) return false;
  Slab& slab = *region.descriptor_at(offset);
  if (slab.kind != UnitKind::slab || slab.holder != &core.central_pool || sampler::has(core, slab))
    return false;
  if (slab.owner.load(std::memory_order_relaxed) == &cache) return false;
  cache.free_remote(slab, block);
  return true;
}

/// Takes a block back that `find` has found. `hot` may be null: a thread without a cache. AllocError{} when
/// that succeeded.
AllocError deallocate(HeapCore& core, HotLists* hot, void* block, const Found& found) noexcept;

/// Takes back for good what waits in the heap's quarantine, where late writes are looked for.
void drain_quarantine(HeapCore& core) noexcept;

/// `block` stays as it is for a request of `bytes`; returns it.
void* keep(HeapCore& core, void* block, const Found& found, std::size_t bytes) noexcept;

/// Resizes where that needs no copy; null when it does.
void* resize(HeapCore& core, void* block, const Found& found, std::size_t bytes) noexcept;

}  // namespace cenote::block_service
