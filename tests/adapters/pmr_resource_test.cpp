#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <memory_resource>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pmr_resource.hpp>
#include <cenote/result.hpp>

#include "adapters/own_pools.hpp"

namespace cenote::test {
namespace {

static_assert(std::is_base_of_v<std::pmr::memory_resource, PmrResource<Heap>>);
static_assert(!std::is_convertible_v<Heap&, PmrResource<Heap>>,
              "a resource is named: containers point to it");

/// The reason that `allocate` gives, AllocError{} when it succeeds.
AllocError refusal(std::pmr::memory_resource& resource, std::size_t bytes, std::size_t alignment) {
  try {
    resource.deallocate(resource.allocate(bytes, alignment), bytes, alignment);
    return AllocError{};
  } catch (const AllocFailure& failure) {
    return failure.error();
  }
}

TEST(PmrResource, ContainersTakeTheirMemoryFromThePool) {
  OwnHeap pool;
  PmrResource resource{pool};
  {
    std::pmr::vector<std::pmr::string> words{&resource};
    for (int i = 0; i < 100; ++i) words.emplace_back("longer than the small string's buffer can hold");
    EXPECT_EQ(pool.in_use(), 101U);
    EXPECT_TRUE(pool.owns(words.data()));
    EXPECT_TRUE(pool.owns(words.front().data()));
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PmrResource, NothingIsAPointerOfItsOwn) {
  OwnHeap pool;
  PmrResource resource{pool};
  void* const a = resource.allocate(0);
  void* const b = resource.allocate(0);
  EXPECT_NE(a, nullptr);
  EXPECT_NE(a, b);
  resource.deallocate(a, 0);
  resource.deallocate(b, 0);
}

TEST(PmrResource, ThrowsThePoolsReason) {
  OwnHeap pool;
  pool.blocks_max = 1;
  PmrResource resource{pool};
  void* const only = resource.allocate(10);
  EXPECT_EQ(refusal(resource, 10, 8), AllocError::exhausted);
  resource.deallocate(only, 10);
  EXPECT_EQ(refusal(resource, 10, 8), AllocError{});

  alignas(8) std::array<std::byte, 64> storage{};
  OwnEqualPool<Block> blocks{Block{storage}};
  PmrResource equal{blocks};
  EXPECT_EQ(refusal(equal, 65, 8), AllocError::too_large);
  EXPECT_EQ(refusal(equal, 64, 16), AllocError::bad_alignment);
  EXPECT_EQ(refusal(equal, 64, 8), AllocError{});
}

TEST(PmrResource, EqualMeansTheSamePool) {
  Heap heap;
  Heap other;
  OwnHeap another_kind;
  const PmrResource a{heap};
  const PmrResource b{heap};
  const PmrResource c{other};
  const PmrResource d{another_kind};
  EXPECT_TRUE(a == a && a == b && b == a);
  EXPECT_FALSE(a == c || c == a);
  EXPECT_FALSE(a == d || d == a);
  EXPECT_FALSE(a == *std::pmr::new_delete_resource() || *std::pmr::new_delete_resource() == a);
  EXPECT_EQ(&a.pool(), &heap);
}

TEST(PmrResource, ArenaIsAMonotonicResource) {
  OwnArena arena;
  PmrResource resource{arena};
  {
    std::pmr::list<int> numbers{{1, 2, 3}, &resource};
    numbers.clear();
    EXPECT_GT(arena.used(), 0U);
  }
  EXPECT_GT(arena.used(), 0U);
  arena.reset();
  EXPECT_EQ(arena.used(), 0U);
}

TEST(PmrResource, StandsUnderTheStandardsOwnResources) {
  OwnHeap pool;
  PmrResource resource{pool};
  {
    std::pmr::unsynchronized_pool_resource pools{&resource};
    std::pmr::map<int, std::pmr::string> map{&pools};
    for (int i = 0; i < 1000; ++i) map.emplace(i, "longer than the small string's buffer can hold");
    EXPECT_GT(pool.in_use(), 0U);
  }
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(PmrResource, OneResourceServesManyThreads) {
  Heap heap{HeapOptions{.hardening = Hardening::full}};
  PmrResource resource{heap};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::pmr::list<std::pmr::string> list{&resource};
      for (int i = 0; i < 2000; ++i) {
        list.emplace_back(40, static_cast<char>('a' + i % 26));
        if (i % 3 == 0) list.pop_front();
      }
    });
  }
  for (std::thread& each : threads) each.join();
}

}  // namespace
}  // namespace cenote::test
