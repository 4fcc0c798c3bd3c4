#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/fixed_arena.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/unique.hpp>

namespace cenote::test {
namespace {

struct Counted {
  explicit Counted(std::string said, bool fails = false) : text{std::move(said)} {
    if (fails) throw std::runtime_error{"no"};
    ++living;
  }
  Counted(Counted&& other) noexcept : text{std::move(other.text)} { ++living; }
  ~Counted() { --living; }
  static inline int living = 0;
  std::string text;
};

template <class Pool>
Pool made() {
  if constexpr (std::is_same_v<Pool, FixedPool<Counted>>) {
    return Pool{{.capacity = 1}};
  } else if constexpr (std::is_same_v<Pool, BlockPool<>>) {
    return Pool{{.block_size = sizeof(Counted), .capacity = 1}};
  } else if constexpr (std::is_same_v<Pool, BuddyAllocator>) {
    return Pool{{.bytes = 1 << 20}};
  } else if constexpr (std::is_same_v<Pool, NumaPool>) {
    return Pool{{.bytes_per_node = 1 << 20}};
  } else if constexpr (std::is_same_v<Pool, MovablePool<Counted>>) {
    return Pool{{.capacity = 4}};
  } else if constexpr (std::is_same_v<Pool, FixedArena>) {
    return Pool{4096};
  } else {
    return Pool{{}};
  }
}

template <class Pool>
class UniqueObject : public testing::Test {};
using Pools = testing::Types<Heap, PoolManager, SlabAllocator, BuddyAllocator, NumaPool, FixedPool<Counted>,
                             BlockPool<>, MovablePool<Counted>, Arena, FixedArena, ConcurrentArena>;
TYPED_TEST_SUITE(UniqueObject, Pools);

TYPED_TEST(UniqueObject, LivesAsLongAsItsOwner) {
  TypeParam pool = made<TypeParam>();
  for (int round = 0; round < 3; ++round) {
    auto object = make_unique<Counted>(pool, "a text that is too long to lie in the string itself");
    EXPECT_EQ(Counted::living, 1);
    auto owner = std::move(object);
    EXPECT_EQ(Counted::living, 1);
  }
  EXPECT_EQ(Counted::living, 0);
}

TYPED_TEST(UniqueObject, LeavesTheStorageInThePoolWhenTheConstructorThrows) {
  TypeParam pool = made<TypeParam>();
  for (int round = 0; round < 3; ++round)
    EXPECT_THROW(static_cast<void>(make_unique<Counted>(pool, "x", true)), std::runtime_error);
  static_cast<void>(make_unique<Counted>(pool, "y"));
  EXPECT_EQ(Counted::living, 0);
}

TEST(UniqueObject, IsReadThroughItsOwner) {
  Heap heap;
  const auto object = make_unique<Counted>(heap, "text");
  EXPECT_EQ(object->text, "text");
}

TEST(UniqueObject, DoesNotFitAPoolOfSmallerBlocks) {
  FixedPool<int> pool{{.capacity = 4}};
  try {
    static_cast<void>(make_unique<std::array<int, 8>>(pool));
    FAIL() << "fits";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::too_large);
  }
}

template <class Pool>
class UniqueBlock : public testing::Test {};
using SizedPools = testing::Types<Heap, PoolManager, SlabAllocator, BuddyAllocator, NumaPool>;
TYPED_TEST_SUITE(UniqueBlock, SizedPools);

TYPED_TEST(UniqueBlock, IsReturnedByItsOwner) {
  TypeParam pool = made<TypeParam>();
  std::byte* first = nullptr;
  {
    const auto block = allocate_unique(pool, 3000, 16);
    first = block.get();
    block[2999] = std::byte{1};
    EXPECT_EQ(block.get_deleter().size(), 3000U);
  }
  EXPECT_EQ(allocate_unique(pool, 3000, 16).get(), first) << "the block that was returned last";
}

TYPED_TEST(UniqueBlock, RefusesNoBytesAndAlignmentsThatAreNoPowerOfTwo) {
  TypeParam pool = made<TypeParam>();
  const auto error_of = [&](std::size_t size, std::size_t alignment) {
    try {
      static_cast<void>(allocate_unique(pool, size, alignment));
    } catch (const AllocFailure& failure) {
      return failure.error();
    }
    return AllocError{};
  };
  EXPECT_EQ(error_of(0, 8), AllocError::zero_size);
  EXPECT_EQ(error_of(10, 3), AllocError::bad_alignment);
  EXPECT_EQ(error_of(10, 0), AllocError::bad_alignment);
}

TEST(UniqueBlock, IsAlignedAsRequested) {
  Heap heap;
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(allocate_unique(heap, 100, 4096).get()) % 4096, 0U);
}

}  // namespace
}  // namespace cenote::test
