/// Owners of one object or one block of a pool, for any pool, arena or heap.
///
///     auto order = make_unique<Order>(heap, 42);            // destroyed and deallocated at the end of its life
///     auto bytes = allocate_unique(heap, 4096, 64);         // deallocated at the end of its life
///
/// An owner refers to its pool: the pool must live longer, and must not move meanwhile.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>

#include <cenote/detail/pool_access.hpp>

namespace cenote {

/// Destroys an object and returns its storage to the pool.
template <class T, class P>
class ObjectDeleter {
 public:
  ObjectDeleter() noexcept = default;
  explicit ObjectDeleter(P& pool) noexcept : pool_{&pool} {}
  void operator()(T* object) const noexcept {
    std::destroy_at(object);
    deallocate_bytes(*pool_, object, sizeof(T));
  }

 private:
  P* pool_ = nullptr;
};

/// Returns a block of `size` bytes to the pool.
template <class P>
class BlockDeleter {
 public:
  BlockDeleter() noexcept = default;
  BlockDeleter(P& pool, std::size_t size) noexcept : pool_{&pool}, size_{size} {}
  void operator()(std::byte* block) const noexcept { deallocate_bytes(*pool_, block, size_); }
  /// Bytes that were requested.
  std::size_t size() const noexcept { return size_; }

 private:
  P* pool_ = nullptr;
  std::size_t size_ = 0;
};

/// Constructs a T in the pool's memory. When the constructor throws, the storage is back in the pool.
///
/// Errors      AllocFailure, as the pool's allocate; of a pool of equal blocks also too_large and
///             bad_alignment, when its blocks are too small or too little aligned.
/// Complexity  the pool's.
/// Threads     the pool's, also at the end of the owner's life.
template <class T, AnyPool P, class... A>
requires std::constructible_from<T, A...>
[[nodiscard]] std::unique_ptr<T, ObjectDeleter<T, P>> make_unique(P& pool, A&&... arguments) {
  struct Storage {
    P& pool;
    void* block;
    ~Storage() {
      if (block != nullptr) deallocate_bytes(pool, block, sizeof(T));
    }
  };
  Storage storage{pool, allocate_bytes(pool, sizeof(T), alignof(T)).value()};
  T* const object = std::construct_at(static_cast<T*>(storage.block), std::forward<A>(arguments)...);
  storage.block = nullptr;
  return {object, ObjectDeleter<T, P>{pool}};
}

/// The handle that a pool of movable objects makes.
template <class T, class P, class... A>
requires(!AnyPool<P> && std::same_as<T, typename P::value_type>) [[nodiscard]] typename P::Handle
    make_unique(P& pool, A&&... arguments) {
  return pool.make(std::forward<A>(arguments)...);
}

/// `size` bytes, uninitialised, of a pool that takes a size.
///
/// Errors      AllocFailure, as the pool's allocate.
/// Complexity  the pool's.
/// Threads     the pool's, also at the end of the owner's life.
template <class P>
requires SizedPool<P> || ExactPool<P>
[[nodiscard]] std::unique_ptr<std::byte[], BlockDeleter<P>> allocate_unique(
    P& pool, std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
  if (size == 0) throw_alloc_failure(AllocError::zero_size);  // which the standard's allocators may not say
  void* const block = allocate_bytes(pool, size, alignment).value();
  return {static_cast<std::byte*>(block), BlockDeleter<P>{pool, size}};
}

}  // namespace cenote
