/// Blocks that threads keep for themselves: on the lists of their caches, and in batches on their way home.
/// They count as used in their slabs' descriptors, and nobody has them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/address_space.hpp>

#include "heap/heap_core.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {

/// Linked blocks, all of one slab: pointers are of the process that is looked at.
struct CachedBlocks {
  const Slab* slab = nullptr;
  const FreeBlock* first = nullptr;
  std::uint32_t count = 0;
  std::uint32_t block_bytes = 0;
  bool is_on_its_way = false;  // in a batch for another thread's slab
};

/// Called for each such chain.
using VisitCached = void (*)(void* context, const CachedBlocks& blocks);

/// Visits all that the threads of a heap keep; `space` and `core` are images. Returns how many threads have a
/// cache of it.
///
/// Complexity  O(blocks).
std::size_t for_each_cached(const stats::Peek& peek, const AddressSpace& space, const HeapCore& core,
                            VisitCached visit, void* context) noexcept;

template <class Visit>
std::size_t for_each_cached(const stats::Peek& peek, const AddressSpace& space, const HeapCore& core,
                            Visit&& visit) noexcept {
  return for_each_cached(
      peek, space, core,
      [](void* context, const CachedBlocks& blocks) { (*static_cast<Visit*>(context))(blocks); }, &visit);
}

}  // namespace cenote::inspect
