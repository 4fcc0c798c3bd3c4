/// The allocators that the container suite runs on. A further one is a few lines here: allocators from two
/// places, and how many blocks are in use.
#pragma once

#include <cstddef>
#include <memory_resource>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/heap.hpp>
#include <cenote/node_allocator.hpp>
#include <cenote/pmr_resource.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/stl_allocator.hpp>

#include "adapters/node_pools_in_use.hpp"
#include "adapters/own_pools.hpp"

namespace cenote::test {

/// Makes a pool: by default as it makes itself.
template <class P>
struct PoolOf {
  P pool;
  static constexpr bool serves_wide = true;
};

template <>
struct PoolOf<Heap> {
  Heap pool{HeapOptions{.hardening = Hardening::full}};
  static constexpr bool serves_wide = true;
};

template <>
struct PoolOf<OwnExactPool> {
  OwnExactPool pool;
  static constexpr bool serves_wide = false;
};

template <>
struct PoolOf<PoolManager> {
  PoolManager pool;
  static constexpr bool serves_wide = false;
};

/// Blocks large enough for what the suite makes of arrays.
template <class Sync>
struct PoolOf<BlockPool<Sync>> {
  BlockPool<Sync> pool{{.block_size = 64 * 1024, .capacity = 8, .capacity_max = 2000, .alignment = 128}};
  static constexpr bool serves_wide = true;
};

/// Blocks in use, where the pool counts them.
template <class P>
std::size_t blocks_in_use(const P& pool) {
  if constexpr (requires { pool.in_use(); }) return pool.in_use();
  if constexpr (requires { pool.stats().blocks_in_use; }) return pool.stats().blocks_in_use;
  return 0;
}

template <class P>
class OverStl {
 public:
  template <class T>
  using Allocator = StlAllocator<T, P>;
  static constexpr bool serves_wide = PoolOf<P>::serves_wide;

  template <class T>
  Allocator<T> here() {
    return here_.pool;
  }
  template <class T>
  Allocator<T> there() {
    return there_.pool;
  }
  std::size_t in_use() const { return blocks_in_use(here_.pool) + blocks_in_use(there_.pool); }

 private:
  PoolOf<P> here_, there_;
};

template <class P>
class OverPmr {
 public:
  template <class T>
  using Allocator = std::pmr::polymorphic_allocator<T>;
  static constexpr bool serves_wide = PoolOf<P>::serves_wide;

  template <class T>
  Allocator<T> here() {
    return &here_resource_;
  }
  template <class T>
  Allocator<T> there() {
    return &there_resource_;
  }
  std::size_t in_use() const { return blocks_in_use(here_.pool) + blocks_in_use(there_.pool); }

 private:
  PoolOf<P> here_, there_;
  PmrResource<P> here_resource_{here_.pool}, there_resource_{there_.pool};
};

class OverNodes {
 public:
  template <class T>
  using Allocator = NodeAllocator<T>;
  static constexpr bool serves_wide = true;

  template <class T>
  Allocator<T> here() {
    return {};
  }
  template <class T>
  Allocator<T> there() {
    return {};
  }
  std::size_t in_use() const { return node_blocks_in_use(); }
};

}  // namespace cenote::test
