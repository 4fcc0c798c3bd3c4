/// One way to ask any pool for bytes, which the adapters for the standard library are made of.
///
///     it offers                                                               it is a         it gives
///     try_allocate(size, alignment); deallocate(void*) or reset()             SizedPool       what is asked for
///     try_allocate() -> T*; deallocate(T*), alignment()                       TypedPool       one T, or nothing
///     try_allocate() -> Block; deallocate(Block), block_size(), alignment()   EqualBlockPool  one block, or nothing
///     try_allocate_fixed(size) -> Block; deallocate(Block)                    ExactPool       what is asked for, aligned as malloc's
///
/// A type is known by what it offers, never by its name, so a pool of the user's own works as ours do.
#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote::detail {

/// Throws what the standard asks for; where exceptions are switched off, lets the library end the program.
[[noreturn]] inline void throw_array_too_long() {
#if defined(__cpp_exceptions)
  throw std::bad_array_new_length{};
#else
  throw_alloc_failure(AllocError::too_large);
#endif
}

/// Bytes of `n` objects of `object_bytes` each. Throws std::bad_array_new_length when they cannot be counted.
inline std::size_t array_bytes(std::size_t n, std::size_t object_bytes) {
  if (n > std::numeric_limits<std::size_t>::max() / object_bytes) throw_array_too_long();
  return n * object_bytes;
}

}  // namespace cenote::detail

namespace cenote {

// Version 14 tears compound requirements apart.
// clang-format off

/// Takes single blocks back, whatever their size.
template <class P>
concept TakesBlocksBack = requires(P& pool, void* block) {
  { pool.deallocate(block) } noexcept;
};

/// An arena takes all its blocks back at once, and only so.
template <class P>
concept TakesAllBack = requires(P& pool) {
  { pool.reset() } noexcept;
};

/// Any size and alignment: heaps, slab and buddy allocators, arenas.
template <class P>
concept SizedPool = requires(P& pool, std::size_t bytes, std::size_t alignment) {
  { pool.try_allocate(bytes, alignment) } noexcept -> std::same_as<Result<void*>>;
  requires TakesBlocksBack<P> || TakesAllBack<P>;
};

namespace detail {

/// What a pool's try_allocate() gives when it gives something.
template <class P>
using Gift = typename decltype(std::declval<P&>().try_allocate())::value_type;

}  // namespace detail

/// Storage for one object of a type.
template <class P>
concept TypedPool = std::is_pointer_v<detail::Gift<P>> && std::is_object_v<std::remove_pointer_t<detail::Gift<P>>> &&
    requires(P& pool, const P& looked_at, detail::Gift<P> object) {
  { pool.try_allocate() } noexcept -> std::same_as<Result<detail::Gift<P>>>;
  { pool.deallocate(object) } noexcept;
  { looked_at.alignment() } noexcept -> std::same_as<std::size_t>;
};

/// Blocks of one size, chosen at run time.
template <class P>
concept EqualBlockPool = requires(P& pool, const P& looked_at, Block block) {
  { pool.try_allocate() } noexcept -> std::same_as<Result<Block>>;
  { pool.deallocate(block) } noexcept;
  { looked_at.block_size() } noexcept -> std::same_as<std::size_t>;
  { looked_at.alignment() } noexcept -> std::same_as<std::size_t>;
};

/// Blocks of exactly the size asked for, each told its size again when it comes back.
template <class P>
concept ExactPool = requires(P& pool, std::size_t bytes, Block block) {
  { pool.try_allocate_fixed(bytes) } noexcept -> std::same_as<Result<Block>>;
  { pool.deallocate(block) } noexcept;
};

// clang-format on

template <class P>
concept AnyPool = SizedPool<P> || TypedPool<P> || EqualBlockPool<P> || ExactPool<P>;

/// Stops the compiler with a sentence, where a type that is no pool stands for one.
template <class P>
constexpr void require_pool() noexcept {
  static_assert(AnyPool<P>,
                "this type is no cenote pool: it must offer, noexcept, try_allocate(size, alignment) with "
                "deallocate(void*) or reset(); "
                "or try_allocate() with deallocate() and alignment(); or try_allocate_fixed(size) with "
                "deallocate(Block)");
}

namespace detail {

/// Whether one block of a pool of equal blocks will do.
inline AllocError check_fit(std::size_t bytes, std::size_t alignment, std::size_t block_bytes,
                            std::size_t block_alignment) noexcept {
  if (alignment > block_alignment) return AllocError::bad_alignment;
  return bytes > block_bytes ? AllocError::too_large : AllocError{};
}

template <TypedPool P>
Result<void*> allocate_typed(P& pool, std::size_t bytes, std::size_t alignment) noexcept {
  const AllocError error =
      check_fit(bytes, alignment, sizeof(std::remove_pointer_t<Gift<P>>), pool.alignment());
  if (error != AllocError{}) return error;
  const auto object = pool.try_allocate();
  return object ? Result<void*>{*object} : object.error();
}

template <EqualBlockPool P>
Result<void*> allocate_block(P& pool, std::size_t bytes, std::size_t alignment) noexcept {
  const AllocError error = check_fit(bytes, alignment, pool.block_size(), pool.alignment());
  if (error != AllocError{}) return error;
  const Result<Block> block = pool.try_allocate();
  return block ? Result<void*>{block->data()} : block.error();
}

template <ExactPool P>
Result<void*> allocate_exact(P& pool, std::size_t bytes, std::size_t alignment) noexcept {
  if (!is_power_of_two(alignment) || alignment > alignof(std::max_align_t)) return AllocError::bad_alignment;
  const Result<Block> block = pool.try_allocate_fixed(bytes);
  return block ? Result<void*>{block->data()} : block.error();
}

}  // namespace detail

/// At least `bytes` bytes, uninitialised. 0 counts as 1: the standard's allocators answer it with a pointer
/// of its own.
///
/// Errors      the pool's own; of a pool of equal blocks also too_large and bad_alignment, when its blocks
///             are smaller or less aligned.
/// Complexity  the pool's.
/// Threads     the pool's.
template <class P>
[[nodiscard]] Result<void*> allocate_bytes(P& pool, std::size_t bytes, std::size_t alignment) noexcept {
  require_pool<P>();
  if (bytes == 0) bytes = 1;
  if constexpr (SizedPool<P>) {
    return pool.try_allocate(bytes, alignment);
  } else if constexpr (EqualBlockPool<P>) {
    return detail::allocate_block(pool, bytes, alignment);
  } else if constexpr (TypedPool<P>) {
    return detail::allocate_typed(pool, bytes, alignment);
  } else if constexpr (ExactPool<P>) {
    return detail::allocate_exact(pool, bytes, alignment);
  } else {
    return AllocError::unsupported;
  }
}

/// Gives back what allocate_bytes gave for the same `bytes`. Into an arena: does nothing, its reset does it.
///
/// Errors      as the pool's deallocate: a wrong call reaches the misuse handler.
template <class P>
void deallocate_bytes(P& pool, void* block, [[maybe_unused]] std::size_t bytes) noexcept {
  require_pool<P>();
  if constexpr (SizedPool<P>) {
    // Not the sized form: a container knows its sizes, and a Heap would look the block up twice to check
    // them.
    if constexpr (TakesBlocksBack<P>) pool.deallocate(block);
  } else if constexpr (EqualBlockPool<P>) {
    pool.deallocate(Block{static_cast<std::byte*>(block), pool.block_size()});
  } else if constexpr (TypedPool<P>) {
    pool.deallocate(static_cast<detail::Gift<P>>(block));
  } else if constexpr (ExactPool<P>) {
    pool.deallocate(Block{static_cast<std::byte*>(block), bytes == 0 ? 1 : bytes});
  }
}

namespace detail {

/// No name of the standard's or the user's.
struct AnyOtherType {};

template <class A>
using Rebound = typename std::allocator_traits<A>::template rebind_alloc<AnyOtherType>;

}  // namespace detail

// Version 14 tears compound requirements apart.
// clang-format off

/// Copies, moves and conversions do not throw and compare equal; other element types can be reached; and,
/// which the standard asks only in words, deallocation does not throw.
template <class A>
concept StandardAllocator = requires { typename A::value_type; } &&
    std::is_nothrow_copy_constructible_v<A> && std::is_nothrow_copy_assignable_v<A> &&
    std::is_nothrow_move_constructible_v<A> && std::is_nothrow_move_assignable_v<A> &&
    std::is_nothrow_constructible_v<A, const detail::Rebound<A>&> &&
    std::is_nothrow_constructible_v<detail::Rebound<A>, const A&> && std::equality_comparable<A> &&
    std::same_as<A, typename std::allocator_traits<detail::Rebound<A>>::template rebind_alloc<typename A::value_type>> &&
    requires(A& a, const A& b, const detail::Rebound<A>& other, typename A::value_type* p, std::size_t n) {
  { a.allocate(n) } -> std::same_as<typename A::value_type*>;
  { a.deallocate(p, n) } noexcept;
  { b == other } noexcept -> std::convertible_to<bool>;
  { b != other } noexcept -> std::convertible_to<bool>;
};

// clang-format on

}  // namespace cenote
