// A buddy allocator behind the standard library's containers.
#include <list>
#include <memory_resource>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/pmr_resource.hpp>
#include <cenote/stl_allocator.hpp>

#include "support/sizes.hpp"

namespace cenote::test {
namespace {

static_assert(SizedPool<BuddyAllocator> && TakesBlocksBack<BuddyAllocator> && !TakesAllBack<BuddyAllocator>);
static_assert(StandardAllocator<StlAllocator<int, BuddyAllocator>>);

TEST(BuddyAdapters, PmrContainersLiveInIt) {
  BuddyAllocator pool{{.bytes = 4 * kMiB, .block_min = 64}};
  {
    PmrResource resource{pool};
    std::pmr::unordered_map<int, std::pmr::string> words{&resource};
    for (int i = 0; i < 1000; ++i) words[i] = std::pmr::string(static_cast<std::size_t>(i % 200), 'w');
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(words[i].size(), static_cast<std::size_t>(i % 200));
    EXPECT_TRUE(pool.owns(&words.at(5)));
    EXPECT_GT(pool.stats().in_use, 1000U);
    for (int i = 0; i < 1000; i += 2) words.erase(i);
  }
  EXPECT_EQ(pool.stats().in_use, 0U);
  EXPECT_EQ(pool.largest_free(), 4 * kMiB);
}

TEST(BuddyAdapters, PmrServesAlignmentAndThrowsTheError) {
  BuddyAllocator pool{{.bytes = kMiB}};
  PmrResource resource{pool};
  void* const page = resource.allocate(100, 64 * kKiB);
  EXPECT_TRUE(is_aligned(page, 64 * kKiB));
  resource.deallocate(page, 100, 64 * kKiB);
  EXPECT_THROW(static_cast<void>(resource.allocate(2 * kMiB)), std::bad_alloc);
  void* const nothing = resource.allocate(0);
  EXPECT_NE(nothing, nullptr);
  resource.deallocate(nothing, 0);
}

TEST(BuddyAdapters, ItIsUpstreamOfTheStandardsPools) {
  BuddyAllocator pool{{.bytes = 4 * kMiB}};
  {
    PmrResource resource{pool};
    std::pmr::unsynchronized_pool_resource nodes{&resource};
    std::pmr::list<int> numbers{&nodes};
    for (int i = 0; i < 10'000; ++i) numbers.push_back(i);
    std::pmr::monotonic_buffer_resource lines{&resource};
    std::pmr::vector<std::pmr::string> text(100, std::pmr::string(100, 'x'), &lines);
    EXPECT_GT(pool.stats().in_use, 0U);
  }
  EXPECT_EQ(pool.largest_free(), 4 * kMiB);
}

TEST(BuddyAdapters, StlAllocatorsOfOnePoolAreEqual) {
  BuddyAllocator pool{{.bytes = kMiB}}, other{{.bytes = kMiB}};
  std::vector<int, StlAllocator<int, BuddyAllocator>> numbers{pool};
  for (int i = 0; i < 5000; ++i) numbers.push_back(i);
  EXPECT_TRUE(pool.owns(numbers.data()));
  EXPECT_TRUE((numbers.get_allocator() == StlAllocator<char, BuddyAllocator>{pool}));
  EXPECT_FALSE((numbers.get_allocator() == StlAllocator<char, BuddyAllocator>{other}));
  EXPECT_THROW(numbers.reserve(kMiB), std::bad_alloc);
  EXPECT_EQ(numbers.size(), 5000U);
}

TEST(BuddyAdapters, ThreadsShareOneResource) {
  BuddyAllocator pool{{.bytes = 8 * kMiB, .block_min = 64}};
  PmrResource resource{pool};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&resource] {
      for (int round = 0; round < 200; ++round) {
        std::pmr::vector<std::pmr::string> lines{&resource};
        for (std::size_t i = 0; i < 50; ++i) lines.emplace_back(i * 3, 'l');
        for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(lines[i].size(), i * 3);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.largest_free(), 8 * kMiB);
}

}  // namespace
}  // namespace cenote::test
