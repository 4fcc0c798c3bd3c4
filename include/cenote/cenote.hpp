/// All of cenote's public interface.
#pragma once

#include <cenote/adapt/node_allocator.hpp>
#include <cenote/adapt/pmr_resource.hpp>
#include <cenote/adapt/stl_allocator.hpp>
#include <cenote/arena/arena.hpp>
#include <cenote/arena/concurrent_arena.hpp>
#include <cenote/arena/fixed_arena.hpp>
#include <cenote/base/alloc_error.hpp>
#include <cenote/base/alloc_failure.hpp>
#include <cenote/base/block.hpp>
#include <cenote/base/leak.hpp>
#include <cenote/base/misuse.hpp>
#include <cenote/base/result.hpp>
#include <cenote/buddy/buddy_allocator.hpp>
#include <cenote/fixed/block_pool.hpp>
#include <cenote/fixed/fixed_pool.hpp>
#include <cenote/heap/heap.hpp>
#include <cenote/heap/pool_manager.hpp>
#include <cenote/inspect/snapshot.hpp>
#include <cenote/numa/numa_pool.hpp>
#include <cenote/os/affinity.hpp>
#include <cenote/os/topology.hpp>
#include <cenote/profile/heap_profile.hpp>
#include <cenote/profile/tag.hpp>
#include <cenote/slab/slab_allocator.hpp>
