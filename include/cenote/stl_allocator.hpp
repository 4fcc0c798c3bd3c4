/// An allocator for the standard's containers over any pool, arena or heap.
///
///     Heap heap{{.name = "parser"}};
///     std::vector<int, StlAllocator<int, Heap>> numbers{heap};
///
/// Invariants  refers to the pool and owns nothing: the pool must outlive the container. Equal means: the
///             same pool.
///
/// How it travels, and why:
///   copy construction     takes the pool along: there is no default pool that a copy could fall back to
///   copy assignment       does not: the target's elements stay in the target's pool, as with std::pmr
///   move assignment       does: the memory changes hands in O(1), whatever the pools, and no element moves
///   swap                  does: otherwise a swap between two pools would be undefined behaviour
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <version>

#include <cenote/detail/pool_access.hpp>

namespace cenote {

/// Threads     those of the pool.
template <class T, class P>
class StlAllocator {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  /// Not explicit: a container's constructor takes the pool itself.
  StlAllocator(P& pool) noexcept : pool_{&pool} { require_pool<P>(); }  // NOLINT(google-explicit-constructor)
  template <class U>
  StlAllocator(const StlAllocator<U, P>& other) noexcept  // NOLINT(google-explicit-constructor)
      : pool_{&other.pool()} {}

  P& pool() const noexcept { return *pool_; }

  /// Storage for `n` objects in a row; for 0 a pointer of its own.
  ///
  /// Errors      std::bad_array_new_length when n objects cannot be counted in bytes; AllocFailure (a
  ///             std::bad_alloc) when the pool cannot: of equal blocks also when they are too small or too
  ///             little aligned.
  [[nodiscard]] T* allocate(std::size_t n) {
    const std::size_t bytes = detail::array_bytes(n, sizeof(T));
    return static_cast<T*>(allocate_bytes(*pool_, bytes, alignof(T)).value());
  }

#if defined(__cpp_lib_allocate_at_least)
  /// Storage for at least `n` objects, and for how many. Errors as above.
  [[nodiscard]] std::allocation_result<T*, std::size_t> allocate_at_least(std::size_t n) {
    if constexpr (requires { pool_->try_allocate_at_least(n, alignof(T)); }) {
      const std::size_t bytes = detail::array_bytes(n, sizeof(T));
      const auto block = pool_->try_allocate_at_least(bytes == 0 ? 1 : bytes, alignof(T)).value();
      return {static_cast<T*>(block.pointer), block.size / sizeof(T)};
    } else {
      return {allocate(n), n};
    }
  }
#endif

  /// Gives back what allocate(n) gave. Into an arena: does nothing.
  void deallocate(T* objects, std::size_t n) noexcept { deallocate_bytes(*pool_, objects, n * sizeof(T)); }

 private:
  P* pool_;
};

template <class T, class U, class P>
bool operator==(const StlAllocator<T, P>& a, const StlAllocator<U, P>& b) noexcept {
  return &a.pool() == &b.pool();
}

namespace detail {

/// The least that is a pool.
struct LeastPool {
  Result<void*> try_allocate(std::size_t bytes, std::size_t alignment) noexcept;
  void deallocate(void* block) noexcept;
};

}  // namespace detail

static_assert(SizedPool<detail::LeastPool>);
static_assert(StandardAllocator<StlAllocator<int, detail::LeastPool>>);

}  // namespace cenote
