/// Where the blocks come from that a profile looks at, and how their frees are seen: one more thread cache
/// for each heap, which no thread owns. Its slabs have an owner that is nobody's cache, so a free of a
/// sampled block leaves the fast path by itself.
///
///     block_service --allocate--> the sampler's cache, under the sampler's lock --> profile::Recorder
///                   --has?------> free: the record, then home to the slab as any remote free
///
/// A sampled large block has the sampler's tag as its owner: it has no slab that could be listed. Huge blocks
/// are looked up in the record.
#pragma once

#include <cstddef>

#include "engine/caches/thread_cache.hpp"
#include "heap/heap_core.hpp"
#include "profile/countdown.hpp"

namespace cenote::sampler {

/// A block of class `c` for a request of `bytes`, recorded; null when it cannot be had: then it is to be
/// served unseen. Threads: any.
void* allocate(HeapCore& core, SizeClass c, std::size_t bytes, bool* zeroed) noexcept;

/// Whether the slab or large block is the sampler's.
inline bool has(const HeapCore& core, const Slab& slab) noexcept {
  const ThreadCache* const sampler = core.sampler.load(std::memory_order_relaxed);
  const SlabOwner* const owner = slab.owner.load(std::memory_order_relaxed);
  return sampler != nullptr && (owner == sampler || owner == SlabOwner::tag_of(sampler));
}

/// Takes a block back that the sampler has.
void deallocate(HeapCore& core, Slab& slab, void* block) noexcept;

/// A large or huge block is about to be handed out, or is another size from now on: draws whether it is
/// sampled. Null does nothing.
void* consider(HeapCore& core, void* block, std::size_t bytes) noexcept;

/// A block is about to be freed, or to change its size, for its user: the record ends. `slab` is null for a
/// huge block. Does nothing for what was not sampled.
void forget(const HeapCore& core, const Slab* slab, const void* block) noexcept;

/// A block stays as it is, and is `bytes` long to its user.
void note_resized(const HeapCore& core, const Slab* slab, const void* block, std::size_t bytes) noexcept;

/// Gives up slabs that are empty, and free pages of the others. Returns bytes purged.
std::size_t settle(HeapCore& core) noexcept;

}  // namespace cenote::sampler
