/// An allocator for containers of nodes: std::list, map, set, unordered_map and their kin, and std::allocate_shared. It needs no size:
/// a container rebinds it to its own kind of node, and nodes of one size and alignment share one pool of the process.
///
///     std::map<int, double, std::less<>, NodeAllocator<std::pair<const int, double>>> prices;
///
///     single objects   up to 4 KiB from the pool of their size; else, and when the pool has none, from Heap::process()
///     arrays           (bucket tables) from Heap::process()
///
/// Invariants  stateless: all are equal, so splice, swap and move always work. Pools are never destroyed: a static container may be.
/// Threads     any; a container may be filled by one and emptied by another.
#pragma once

#include <cstddef>
#include <type_traits>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/array_bytes.hpp>
#include <cenote/detail/block.hpp>
#include <cenote/detail/node_pools.hpp>
#include <cenote/detail/pool_access.hpp>
#include <cenote/detail/standard_allocator.hpp>
#include <cenote/heap.hpp>
#include <cenote/result.hpp>

namespace cenote {

template <class T>
class NodeAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment =
      std::false_type;  // all three make no difference between equals
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::true_type;

  constexpr NodeAllocator() noexcept = default;
  template <class U>
  constexpr NodeAllocator(const NodeAllocator<U>&) noexcept {}  // NOLINT(google-explicit-constructor)

  /// Storage for `n` objects in a row; for 0 a pointer of its own.
  ///
  /// Errors      std::bad_array_new_length when n objects cannot be counted in bytes; AllocFailure (a std::bad_alloc) when there is no
  ///             memory.
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

  /// Gives the free memory of the process's pools of nodes, of every size, back to the system. Returns bytes given back.
  ///
  /// Complexity  O(blocks ever used). What Heap::process() holds is not touched: see its purge().
  static std::size_t shrink() noexcept {
    std::size_t bytes = 0;
    detail::for_each_node_pool([&](auto& pool) { bytes += pool.shrink(); });
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
