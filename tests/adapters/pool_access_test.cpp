#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/pool_access.hpp>
#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>

#include "adapters/own_pools.hpp"

namespace cenote::test {
namespace {

static_assert(SizedPool<Heap> && !TypedPool<Heap> && !EqualBlockPool<Heap> && !ExactPool<Heap>);
static_assert(SizedPool<OwnHeap> && SizedPool<OwnArena> && !TakesBlocksBack<OwnArena>);
static_assert(TypedPool<OwnEqualPool<long*>> && !EqualBlockPool<OwnEqualPool<long*>> &&
              !SizedPool<OwnEqualPool<long*>>);
static_assert(EqualBlockPool<OwnEqualPool<Block>> && !TypedPool<OwnEqualPool<Block>> &&
              !ExactPool<OwnEqualPool<Block>>);
static_assert(ExactPool<PoolManager> && !SizedPool<PoolManager> && !EqualBlockPool<PoolManager>);
static_assert(ExactPool<OwnExactPool> && !SizedPool<OwnExactPool> && !EqualBlockPool<OwnExactPool>);

struct HandsOutButNeverTakesBack {
  Result<void*> try_allocate(std::size_t, std::size_t) noexcept;
};
struct ThrowsWhenEmpty {
  Result<void*> try_allocate(std::size_t, std::size_t);
  void deallocate(void*) noexcept;
};
struct ReturnsBarePointers {
  void* try_allocate(std::size_t, std::size_t) noexcept;
  void deallocate(void*) noexcept;
};
static_assert(!AnyPool<int> && !AnyPool<std::string> && !AnyPool<std::allocator<int>>);
static_assert(!AnyPool<HandsOutButNeverTakesBack> && !AnyPool<ThrowsWhenEmpty> &&
              !AnyPool<ReturnsBarePointers>);
static_assert(!AnyPool<const Heap>, "nothing can be allocated from what must not change");

TEST(PoolAccess, SizedPoolGetsSizeAndAlignment) {
  OwnHeap pool;
  for (const std::size_t alignment : {1, 8, 16, 64, 4096}) {
    const Result<void*> block = allocate_bytes(pool, 100, alignment);
    ASSERT_TRUE(block);
    EXPECT_TRUE(is_aligned(*block, alignment));
    EXPECT_EQ(pool.last_bytes, 100U);
    deallocate_bytes(pool, *block, 100);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST(PoolAccess, NothingCountsAsOneByte) {
  OwnHeap pool;
  const Result<void*> block = allocate_bytes(pool, 0, 1);
  ASSERT_TRUE(block);
  EXPECT_EQ(pool.last_bytes, 1U);
  deallocate_bytes(pool, *block, 0);

  OwnExactPool exact;
  const Result<void*> other = allocate_bytes(exact, 0, 1);
  ASSERT_TRUE(other);
  deallocate_bytes(exact, *other, 0);
  EXPECT_EQ(exact.in_use(), 0U);
}

TEST(PoolAccess, TypedPoolGivesItsObjectsStorageOrSaysWhyNot) {
  long storage = 0;
  OwnEqualPool<long*> pool{&storage};
  EXPECT_EQ(allocate_bytes(pool, sizeof(long) + 1, 1).error(), AllocError::too_large);
  EXPECT_EQ(allocate_bytes(pool, 1, 16).error(), AllocError::bad_alignment);
  EXPECT_EQ(pool.in_use(), 0U);
  const Result<void*> block = allocate_bytes(pool, 3, 8);
  ASSERT_TRUE(block);
  EXPECT_EQ(*block, &storage);
  EXPECT_EQ(allocate_bytes(pool, 3, 8).error(), AllocError::exhausted);
  deallocate_bytes(pool, *block, 3);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PoolAccess, EqualBlockPoolGetsItsWholeBlockBack) {
  alignas(8) std::array<std::byte, 40> storage{};
  OwnEqualPool<Block> pool{Block{storage}};
  EXPECT_EQ(allocate_bytes(pool, 41, 1).error(), AllocError::too_large);
  EXPECT_EQ(allocate_bytes(pool, 40, 16).error(), AllocError::bad_alignment);
  const Result<void*> block = allocate_bytes(pool, 40, 8);
  ASSERT_TRUE(block);
  EXPECT_EQ(*block, storage.data());
  deallocate_bytes(pool, *block, 7);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PoolAccess, ExactPoolIsAlignedAsMalloc) {
  OwnExactPool pool;
  EXPECT_EQ(allocate_bytes(pool, 64, 2 * alignof(std::max_align_t)).error(), AllocError::bad_alignment);
  const Result<void*> block = allocate_bytes(pool, 64, alignof(std::max_align_t));
  ASSERT_TRUE(block);
  deallocate_bytes(pool, *block, 64);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PoolAccess, ArenaKeepsSingleBlocksUntilItsReset) {
  OwnArena arena;
  const Result<void*> block = allocate_bytes(arena, 100, 1);
  ASSERT_TRUE(block);
  deallocate_bytes(arena, *block, 100);
  EXPECT_EQ(arena.used(), 100U);
}

}  // namespace
}  // namespace cenote::test
