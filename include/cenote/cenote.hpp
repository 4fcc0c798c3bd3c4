/// All of cenote's public interface.
#pragma once

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/epoch_domain.hpp>
#include <cenote/fixed_arena.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/handlers.hpp>
#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>
#include <cenote/limits.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/node_allocator.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pmr_resource.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/pressure_monitor.hpp>
#include <cenote/result.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stats.hpp>
#include <cenote/stl_allocator.hpp>
#include <cenote/topology.hpp>
#include <cenote/unique.hpp>
#include <cenote/version.hpp>
