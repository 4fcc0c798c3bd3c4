#include <array>
#include <cstddef>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/result.hpp>
#include <cenote/stl_allocator.hpp>

#include "adapters/own_pools.hpp"

namespace cenote::test {
namespace {

static_assert(StandardAllocator<StlAllocator<std::string, Heap>> &&
              StandardAllocator<StlAllocator<char, OwnArena>>);

static_assert(!StandardAllocator<int> && !StandardAllocator<Heap>);

using Traits = std::allocator_traits<StlAllocator<int, Heap>>;
static_assert(!Traits::propagate_on_container_copy_assignment::value);
static_assert(Traits::propagate_on_container_move_assignment::value &&
              Traits::propagate_on_container_swap::value);
static_assert(!Traits::is_always_equal::value);
static_assert(std::is_same_v<Traits::pointer, int*>);
static_assert(!std::is_default_constructible_v<StlAllocator<int, Heap>>, "there is no default pool");
static_assert(!std::is_convertible_v<StlAllocator<int, Heap>, StlAllocator<int, OwnArena>>);
static_assert(std::is_nothrow_move_assignable_v<std::vector<int, StlAllocator<int, Heap>>>);
static_assert(std::is_nothrow_swappable_v<
              std::map<int, int, std::less<>, StlAllocator<std::pair<const int, int>, Heap>>>);

template <class T>
using OwnVector = std::vector<T, StlAllocator<T, OwnHeap>>;

TEST(StlAllocator, EqualMeansTheSamePool) {
  OwnHeap pool;
  OwnHeap other;
  const StlAllocator<int, OwnHeap> a{pool};
  const StlAllocator<long, OwnHeap> b{a};
  const StlAllocator<long, OwnHeap> c{other};
  EXPECT_TRUE(a == b && b == a);
  EXPECT_TRUE(a != c && c != a);
  EXPECT_EQ(&b.pool(), &pool);
}

TEST(StlAllocator, CopiesOfAContainerStayInItsPool) {
  OwnHeap pool;
  const OwnVector<int> original({1, 2, 3}, pool);
  const OwnVector<int> copy = original;  // NOLINT(performance-unnecessary-copy-initialization)
  EXPECT_EQ(&copy.get_allocator().pool(), &pool);
  EXPECT_TRUE(pool.owns(copy.data()));
}

TEST(StlAllocator, CopyAssignmentKeepsTheTargetsPool) {
  OwnHeap pool;
  OwnHeap other;
  const OwnVector<int> original({1, 2, 3}, pool);
  OwnVector<int> target({4, 5}, other);
  target = original;
  EXPECT_EQ(target, original);
  EXPECT_TRUE(other.owns(target.data()));
}

TEST(StlAllocator, MoveAssignmentHandsTheMemoryOver) {
  OwnHeap pool;
  OwnHeap other;
  OwnVector<int> source({1, 2, 3}, pool);
  OwnVector<int> target({4, 5}, other);
  const int* const elements = source.data();
  target = std::move(source);
  EXPECT_EQ(target.data(), elements);
  EXPECT_EQ(&target.get_allocator().pool(), &pool);
  EXPECT_EQ(other.in_use(), 0U);
}

TEST(StlAllocator, SwapBetweenPoolsExchangesThePools) {
  OwnHeap pool;
  OwnHeap other;
  OwnVector<int> a({1, 2, 3}, pool);
  OwnVector<int> b({4, 5}, other);
  const int* const elements = a.data();
  std::swap(a, b);
  EXPECT_EQ(b.data(), elements);
  EXPECT_EQ(&a.get_allocator().pool(), &other);
  EXPECT_EQ(&b.get_allocator().pool(), &pool);
  a.resize(100);
  EXPECT_TRUE(other.owns(a.data()));
}

TEST(StlAllocator, MoreThanCanBeCountedIsRefusedBeforeThePoolIsAsked) {
  OwnHeap pool;
  StlAllocator<long, OwnHeap> allocator{pool};
  EXPECT_THROW((void)allocator.allocate(std::numeric_limits<std::size_t>::max()), std::bad_array_new_length);
  EXPECT_THROW((void)allocator.allocate(std::numeric_limits<std::size_t>::max() / sizeof(long) + 1),
               std::bad_array_new_length);
  EXPECT_EQ(pool.last_bytes, 0U);
}

TEST(StlAllocator, ExhaustionThrowsAndLeavesTheContainerAsItWas) {
  OwnHeap pool;
  pool.blocks_max = 10;
  std::list<int, StlAllocator<int, OwnHeap>> list{pool};
  for (int i = 0; i < 10; ++i) list.push_back(i);
  try {
    list.push_back(10);
    FAIL() << "the pool gave more than it has";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::exhausted);
  }
  EXPECT_EQ(list.size(), 10U);
  list.pop_front();
  list.push_back(10);
  EXPECT_EQ(list.back(), 10);
}

TEST(StlAllocator, ArenaServesContainersThatDieBeforeItsReset) {
  OwnArena arena;
  {
    std::vector<int, StlAllocator<int, OwnArena>> numbers{arena};
    for (int i = 0; i < 100; ++i) numbers.push_back(i);
    EXPECT_EQ(numbers[99], 99);
  }
  arena.reset();
  EXPECT_EQ(arena.used(), 0U);
}

TEST(StlAllocator, TraitsBuildAndDestroyInThePool) {
  OwnHeap pool;
  StlAllocator<std::string, OwnHeap> allocator{pool};
  using StringTraits = std::allocator_traits<decltype(allocator)>;
  std::string* const text = StringTraits::allocate(allocator, 1);
  StringTraits::construct(allocator, text, "made in the pool");
  EXPECT_EQ(*text, "made in the pool");
  StringTraits::destroy(allocator, text);
  StringTraits::deallocate(allocator, text, 1);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(StlAllocator, ThreadsShareAThreadSafePool) {
  Heap heap{HeapOptions{.hardening = Hardening::full}};
  using Entry = std::pair<const int, std::string>;
  using Map = std::map<int, std::string, std::less<>, StlAllocator<Entry, Heap>>;
  std::array<Map, 4> maps{Map{heap}, Map{heap}, Map{heap}, Map{heap}};
  std::vector<std::thread> threads;
  for (Map& map : maps) {
    threads.emplace_back([&map] {
      for (int i = 0; i < 2000; ++i) map.emplace(i * 31 % 997, "text");
    });
  }
  for (std::thread& each : threads) each.join();
  threads.clear();
  for (std::size_t i = 0; i < maps.size(); ++i) {  // each is emptied by a thread that did not fill it
    threads.emplace_back([&map = maps[(i + 1) % maps.size()]] { map.clear(); });
  }
  for (std::thread& each : threads) each.join();
  for (const Map& map : maps) EXPECT_TRUE(map.empty());
}

}  // namespace
}  // namespace cenote::test
