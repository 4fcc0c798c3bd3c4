/// Where all heaps of a process are found by who looks at it, from inside or from another process.
#pragma once

#include <cenote/cache/slab_depot.hpp>

#include "heap/heap_core.hpp"
#include "pool/backing.hpp"

namespace cenote {

/// Plain data. The objects live as long as the process.
struct HeapAnchor {
  const Backing* backing;
  const HeapCore* process;
  HeapCore* const* others;  // the first of the other heaps
  const SlabOwner* orphanage;
};

extern constinit const HeapAnchor g_heap_anchor;

}  // namespace cenote
