/// Where all heaps of a process are found by who looks at it, from inside or from another process.
#pragma once

#include <cenote/detail/anchor.hpp>

#include "engine/caches/slab_depot.hpp"
#include "engine/pages/backing.hpp"
#include "heap/heap_core.hpp"

namespace cenote {

/// Plain data. The objects live as long as the process.
struct HeapAnchor {
  static constexpr std::uint64_t kLayout =
      stats::layout_of({BackingAnchor::kLayout, sizeof(HeapCore), sizeof(ThreadCache), sizeof(HotLists)});

  stats::AnchorHead head{.layout = kLayout};
  const Backing* backing = nullptr;
  const HeapCore* process = nullptr;
  HeapCore* const* others = nullptr;  // the first of the other heaps
  const SlabOwner* orphanage = nullptr;
};

extern constinit const HeapAnchor g_heap_anchor;

}  // namespace cenote
