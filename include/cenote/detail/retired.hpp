/// A retired block, and how it goes back: to any pool, or through any small deleter.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>

#include <cenote/detail/block.hpp>

namespace cenote {

struct Retired {
  /// The most blocks in one call of `give_back`.
  static constexpr std::size_t kTogetherMax = 64;
  using GiveBack = void (*)(void* context, std::span<void* const> blocks) noexcept;

  void* block;
  void* context;  // the pool, or the deleter's own bytes
  GiveBack give_back;

  bool goes_with(const Retired& other) const noexcept {
    return give_back == other.give_back && context == other.context;
  }
};

/// A pool to which single objects or blocks go back.
template <class Pool, class T>
concept Reclaims = requires(Pool& pool, T* block) {
  pool.deallocate(block);
};
/// A pool whose blocks come with their size, all of one.
template <class Pool>
concept ReclaimsBlocks = requires(Pool& pool, Block block) {
  pool.deallocate(block);
  { pool.block_size() } -> std::convertible_to<std::size_t>;
};
/// A pool whose blocks come with their size, each its own, which it can tell.
template <class Pool>
concept ReclaimsSizedBlocks = requires(Pool& pool, const void* start, Block block) {
  pool.deallocate(block);
  pool.try_deallocate(block);
  { pool.block_size(start) } -> std::convertible_to<std::size_t>;
};
/// A deleter that fits beside the block: a function, a lambda that captures one pointer at most, a pool's own deleter.
template <class Deleter, class T>
concept SmallDeleter =
    std::invocable<Deleter&, T*> && sizeof(Deleter) <= sizeof(void*) && std::is_trivially_copyable_v<Deleter>;

namespace retired {

template <class T>
void destroy([[maybe_unused]] T* object) noexcept {
  if constexpr (!std::is_void_v<T>) std::destroy_at(object);
}

/// In one call where the pool has one for many.
template <class Pool, class Item>
void deallocate_all(Pool& pool, std::span<Item const> blocks) noexcept {
  if constexpr (requires { pool.deallocate_many(blocks); }) {
    pool.deallocate_many(blocks);
  } else {
    for (const Item block : blocks) pool.deallocate(block);
  }
}

template <class Pool, class T>
void to_pool(void* context, std::span<void* const> blocks) noexcept {
  std::array<T*, Retired::kTogetherMax> objects;
  std::size_t count = 0;
  for (void* const block : blocks) {
    objects[count] = static_cast<T*>(block);
    destroy(objects[count++]);
  }
  deallocate_all(*static_cast<Pool*>(context), std::span<T* const>{objects.data(), count});
}

template <class Pool>
std::size_t size_in(const Pool& pool, [[maybe_unused]] const void* start) noexcept {
  if constexpr (ReclaimsSizedBlocks<Pool>) {
    return pool.block_size(start);
  } else {
    return pool.block_size();
  }
}

template <class Pool>
void to_block_pool(void* context, std::span<void* const> starts) noexcept {
  auto& pool = *static_cast<Pool*>(context);
  std::array<Block, Retired::kTogetherMax> blocks;
  std::size_t count = 0;
  for (void* const start : starts) blocks[count++] = {static_cast<std::byte*>(start), size_in(pool, start)};
  deallocate_all(pool, std::span<const Block>{blocks.data(), count});
}

template <class T, class Deleter>
void to_deleter(void* context, std::span<void* const> objects) noexcept {
  alignas(Deleter) std::array<std::byte, sizeof(void*)> bytes;
  std::memcpy(bytes.data(), &context, sizeof context);
  auto& deleter = *reinterpret_cast<Deleter*>(bytes.data());
  for (void* const object : objects) deleter(static_cast<T*>(object));
}

template <class Pool, class T>
Retired of(Pool& pool, T* object) noexcept {
  using Object = std::remove_cv_t<T>;
  return {const_cast<Object*>(object), std::addressof(pool), &to_pool<Pool, Object>};
}

template <class Pool>
Retired of(Pool& pool, Block block) noexcept {
  return {block.data(), std::addressof(pool), &to_block_pool<Pool>};
}

template <class T, class Deleter>
Retired deleted(T* object, const Deleter& deleter) noexcept {
  void* context = nullptr;
  if constexpr (!std::is_empty_v<Deleter>) std::memcpy(&context, std::addressof(deleter), sizeof deleter);
  return {const_cast<std::remove_cv_t<T>*>(object), context, &to_deleter<T, Deleter>};
}

}  // namespace retired
}  // namespace cenote
