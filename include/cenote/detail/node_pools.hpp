/// The process's pools of nodes: one for each size and alignment, made when the first node of it is asked for, never destroyed.
///
///     NodePoolFor<40, 8>::get() --> pool --> pool --> pool     listed in the order they were made, for those who visit all
///
/// Invariants  a pool, once made, is there until the process ends: containers with static lifetime may outlive everything else.
/// Threads     any.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <new>
#include <utility>

#include <cenote/block_pool.hpp>
#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/hidden.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/result.hpp>

namespace cenote::detail {

/// Larger nodes come from the heap: a thread parks some blocks of each size that it uses, and these would be many bytes.
inline constexpr std::size_t kNodeBytesMax = 4096;

/// A pool in the process's list of them.
struct NodePool {
  BlockPool<ThreadCached> blocks;
  NodePool* next;  // fixed before the pool is listed
};

/// All pools of nodes, the newest first. Pushed with release, read with acquire; nothing is ever taken out.
///
/// Hidden, as NodePoolFor: where a program and its plugins each have a copy of the library, a pool must stay with the copy that made it,
/// since threads find their caches through that copy's tables.
CENOTE_HIDDEN inline constinit std::atomic<NodePool*> g_node_pools{nullptr};

/// Calls visit(BlockPool&) for every pool of nodes there is. O(pools).
template <class Visit>
void for_each_node_pool(Visit visit) {
  for (NodePool* each = g_node_pools.load(std::memory_order_acquire); each != nullptr; each = each->next) {
    visit(each->blocks);
  }
}

/// How many bytes of addresses a pool of nodes takes at first: 64 GiB where addresses are plenty, a sixty-fourth where they are bounded
/// (`ulimit -v`, 32 bits), since each size of node takes as much.
inline std::size_t node_space_max() noexcept {
  constexpr std::size_t kPlenty = std::size_t{1} << (sizeof(std::size_t) == 8 ? 36 : 26);
  return std::min(kPlenty, os::address_space_limit() / 64);
}

/// A pool for blocks of this kind, as large as the system allows; an error when it allows none.
inline Result<BlockPool<ThreadCached>> make_node_blocks(std::size_t bytes, std::size_t alignment) noexcept {
  constexpr std::size_t kReadyBytes = 16 * 1024;  // committed at the start, and what shrinking leaves
  constexpr std::size_t kBlocksMax = std::size_t{1} << 30;
  char name[48];
  std::snprintf(name, sizeof name,
                alignment > alignof(std::max_align_t) ? "nodes of %zu aligned to %zu" : "nodes of %zu", bytes,
                alignment);
  const std::size_t ready = std::max<std::size_t>(kReadyBytes / bytes, 1);
  std::size_t most = std::min(node_space_max() / bytes, kBlocksMax);
  for (;; most /= 2) {
    auto blocks = BlockPool<ThreadCached>::create({.block_size = bytes,
                                                   .capacity = ready,
                                                   .capacity_max = std::max(most, ready),
                                                   .alignment = alignment,
                                                   .name = name});
    if (blocks || blocks.error() != AllocError::out_of_memory || most <= ready) return blocks;
  }
}

/// Makes a pool in `storage` and lists it; null when the system allows none.
inline NodePool* make_node_pool(void* storage, std::size_t bytes, std::size_t alignment) noexcept {
  auto blocks = make_node_blocks(bytes, alignment);
  if (!blocks) return nullptr;
  auto* const made =
      ::new (storage) NodePool{*std::move(blocks), g_node_pools.load(std::memory_order_relaxed)};
  while (!g_node_pools.compare_exchange_weak(made->next, made, std::memory_order_release,
                                             std::memory_order_relaxed)) {
  }
  return made;
}

/// The pool for nodes of `kBytes` bytes.
template <std::size_t kBytes, std::size_t kAlignment>
class CENOTE_HIDDEN NodePoolFor {
 public:
  /// The pool, or null while there is none.
  static BlockPool<ThreadCached>* find() noexcept { return pool_.load(std::memory_order_acquire); }

  /// The pool, made now if need be; null when the system allowed none, which is asked once.
  static BlockPool<ThreadCached>* get() noexcept {
    BlockPool<ThreadCached>* const pool = find();
    return pool != nullptr ? pool : make();
  }

 private:
  // Threads that come at the same time wait for the first. No destructor: the storage is bytes, the local a pointer.
  CENOTE_SLOW_PATH static BlockPool<ThreadCached>* make() noexcept {
    alignas(NodePool) static constinit std::byte storage[sizeof(NodePool)]{};
    static NodePool* const made = make_node_pool(storage, kBytes, kAlignment);
    if (made == nullptr) return nullptr;
    pool_.store(&made->blocks, std::memory_order_release);
    return &made->blocks;
  }

  static constinit inline std::atomic<BlockPool<ThreadCached>*> pool_{nullptr};
};

/// The pool for nodes like T. Sizes below a word share one pool.
template <class T>
using NodePoolOf = NodePoolFor<align_up(sizeof(T), sizeof(void*)), std::max(alignof(T), alignof(void*))>;

}  // namespace cenote::detail
