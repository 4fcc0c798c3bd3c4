// Arenas behind the standard library's containers.
#include <list>
#include <memory_resource>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/sizes.hpp"

namespace cenote::test {
namespace {

template <class A>
class ArenaAdapters : public testing::Test {
 protected:
  static A make() {
    if constexpr (std::is_constructible_v<A, std::size_t>)
      return A{kMiB};
    else
      return A{};
  }
};
using Arenas = testing::Types<FixedArena, Arena, ConcurrentArena>;
TYPED_TEST_SUITE(ArenaAdapters, Arenas);

static_assert(SizedPool<FixedArena> && TakesAllBack<FixedArena> && !TakesBlocksBack<FixedArena>);
static_assert(SizedPool<Arena> && TakesAllBack<Arena> && !TakesBlocksBack<Arena>);
static_assert(SizedPool<ConcurrentArena> && TakesAllBack<ConcurrentArena> &&
              !TakesBlocksBack<ConcurrentArena>);
static_assert(StandardAllocator<StlAllocator<int, Arena>>);

TYPED_TEST(ArenaAdapters, PmrContainersLiveInItUntilItsReset) {
  TypeParam arena = TestFixture::make();
  PmrResource resource{arena};
  for (int round = 0; round < 3; ++round) {
    {
      std::pmr::unordered_map<int, std::pmr::string> words{&resource};
      for (int i = 0; i < 500; ++i) words[i] = std::pmr::string(static_cast<std::size_t>(i % 200), 'w');
      for (int i = 0; i < 500; ++i) EXPECT_EQ(words[i].size(), static_cast<std::size_t>(i % 200));
      EXPECT_TRUE(arena.owns(&words.at(5)));
    }
    EXPECT_GT(arena.used(), 50'000U) << "single blocks do not come back";
    arena.reset();
    EXPECT_EQ(arena.used(), 0U);
  }
}

TYPED_TEST(ArenaAdapters, StlAllocatorsOfOneArenaAreEqual) {
  TypeParam arena = TestFixture::make();
  std::vector<int, StlAllocator<int, TypeParam>> numbers{arena};
  std::list<int, StlAllocator<int, TypeParam>> nodes{arena};
  for (int i = 0; i < 1000; ++i) {
    numbers.push_back(i);
    nodes.push_back(i);
  }
  EXPECT_TRUE(arena.owns(numbers.data()));
  EXPECT_TRUE(arena.owns(&nodes.back()));
  EXPECT_EQ(numbers[999], nodes.back());
  EXPECT_TRUE((numbers.get_allocator() == StlAllocator<char, TypeParam>{arena}));
}

TYPED_TEST(ArenaAdapters, NothingIsAPointerOfItsOwnAndTooMuchABadAlloc) {
  TypeParam arena = TestFixture::make();
  PmrResource resource{arena};
  void* const a = resource.allocate(0);
  void* const b = resource.allocate(0);
  EXPECT_NE(a, b);
  resource.deallocate(a, 0);
  EXPECT_THROW(static_cast<void>(resource.allocate(SIZE_MAX / 2)), std::bad_alloc);
}

TEST(ConcurrentArenaAdapters, ThreadsShareOneResource) {
  ConcurrentArena arena;
  PmrResource resource{arena};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&resource] {
      std::pmr::vector<std::pmr::string> lines{&resource};
      for (std::size_t i = 0; i < 500; ++i) lines.emplace_back(i % 100, 'l');
      for (std::size_t i = 0; i < 500; ++i) EXPECT_EQ(lines[i].size(), i % 100);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cenote::test
