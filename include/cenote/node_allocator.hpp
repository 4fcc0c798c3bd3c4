/// An allocator for containers of nodes: std::list, map, set, unordered_map and their kin, and
/// std::allocate_shared. It needs no size: a container rebinds it to its own kind of node, and nodes of one
/// size and alignment share one pool of the process.
///
///     std::map<int, double, std::less<>, NodeAllocator<std::pair<const int, double>>> prices;
///
///     single objects   up to 4 KiB from the pool of their size; else, and when the pool has none, from Heap::process()
///     arrays           (bucket tables) from Heap::process()
///
/// Invariants  stateless: all are equal, so splice, swap and move always work. Pools are never destroyed: a
///             static container may be.
/// Threads     any; a container may be filled by one and emptied by another.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <cenote/block_pool.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/pool_access.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

// The process's pools of nodes: one for each size and alignment, made when the first node of it is asked for,
// never destroyed.
//
//     NodePoolFor<40, 8>::get() --> pool --> pool --> pool     listed in the order they were made, for those who visit all
//
// Invariants  a pool, once made, is there until the process ends: containers with static lifetime may outlive
//             everything else.
// Threads     any.

namespace cenote::detail {

/// Larger nodes come from the heap: a thread parks some blocks of each size that it uses, and these would be
/// many bytes.
inline constexpr std::size_t kNodeBytesMax = 4096;

/// A pool in the process's list of them.
struct NodePool {
  BlockPool<ThreadCached> blocks;
  NodePool* next;  // fixed before the pool is listed
};

/// All pools of nodes, the newest first. Pushed with release, read with acquire; nothing is ever taken out.
///
/// Hidden, as NodePoolFor: where a program and its plugins each have a copy of the library, a pool must stay
/// with the copy that made it, since threads find their caches through that copy's tables.
CENOTE_HIDDEN inline constinit std::atomic<NodePool*> g_node_pools{nullptr};

/// Calls visit(BlockPool&) for every pool of nodes there is. O(pools).
template <class Visit>
void for_each_node_pool(Visit visit) {
  for (NodePool* each = g_node_pools.load(std::memory_order_acquire); each != nullptr; each = each->next) {
    visit(each->blocks);
  }
}

/// How many bytes of addresses a pool of nodes takes at first: 64 GiB where addresses are plenty, a
/// sixty-fourth where they are bounded (`ulimit -v`, 32 bits), since each size of node takes as much.
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
  // Threads that come at the same time wait for the first. No destructor: the storage is bytes, the local a
  // pointer.
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

namespace cenote {

template <class T>
class NodeAllocator {
 public:
  using value_type = T;
  // all three make no difference between equals
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::true_type;

  constexpr NodeAllocator() noexcept = default;
  template <class U>
  constexpr NodeAllocator(const NodeAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  /// Storage for `n` objects in a row; for 0 a pointer of its own.
  ///
  /// Errors      std::bad_array_new_length when n objects cannot be counted in bytes; AllocFailure (a
  ///             std::bad_alloc) when there is no memory.
  [[nodiscard]] T* allocate(std::size_t n) {
    if (n == 1) [[likely]] {
      if (void* const node = try_pool()) [[likely]]
        return static_cast<T*>(node);
    }
    return allocate_in_heap(n);
  }

  /// Gives back what allocate(n) gave, by any NodeAllocator<T>. A wrong call reaches the misuse handler.
  void deallocate(T* objects, std::size_t n) noexcept {
    if (n == 1 && return_to_pool(objects)) [[likely]]
      return;
    deallocate_bytes(Heap::process(), objects, n * sizeof(T));
  }

  /// Gives the free memory of the process's pools of nodes, of every size, back to the system. Returns bytes
  /// given back.
  ///
  /// Complexity  O(blocks ever used). What Heap::process() holds is not touched: see its trim().
  static std::size_t trim() noexcept {
    std::size_t bytes = 0;
    detail::for_each_node_pool([&](auto& pool) { bytes += pool.trim(); });
    return bytes;
  }

 private:
  static void* try_pool() noexcept {
    if constexpr (sizeof(T) <= detail::kNodeBytesMax) {
      if (auto* const pool = detail::NodePoolOf<T>::get()) [[likely]] {
        if (const Result<Block> block = pool->try_allocate()) return block->data();
      }
    }
    return nullptr;
  }

  /// False when the node is none of the pool's.
  static bool return_to_pool(void* node) noexcept {
    if constexpr (sizeof(T) <= detail::kNodeBytesMax) {
      if (auto* const pool = detail::NodePoolOf<T>::find()) [[likely]] {
        const Block block{static_cast<std::byte*>(node), pool->block_size()};
        const Result<void> done = pool->try_deallocate(block);
        if (done) [[likely]]
          return true;
        if (done.error() == AllocError::foreign_block) return false;
        pool->deallocate(block);  // tells the misuse handler why not
        return true;
      }
    }
    return false;
  }

  static T* allocate_in_heap(std::size_t n) {
    const std::size_t bytes = detail::array_bytes(n, sizeof(T));
    return static_cast<T*>(allocate_bytes(Heap::process(), bytes, alignof(T)).value());
  }
};

template <class T, class U>
constexpr bool operator==(const NodeAllocator<T>&, const NodeAllocator<U>&) noexcept {
  return true;
}

static_assert(StandardAllocator<NodeAllocator<int>> && std::is_empty_v<NodeAllocator<int>>);

}  // namespace cenote
