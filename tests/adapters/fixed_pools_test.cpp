// The adapters over pools of equal blocks: what fits is served, what does not is refused, and an empty pool
// throws.
#include <algorithm>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/pmr_resource.hpp>
#include <cenote/result.hpp>
#include <cenote/stl_allocator.hpp>

#include "adapters/tracked.hpp"

namespace cenote::test {
namespace {

static_assert(TypedPool<FixedPool<int>> && TypedPool<FixedPool<std::string, SingleThread>> &&
              TypedPool<FixedPool<Wide, Locked>> && TypedPool<FixedPool<long, ThreadCached>>);
static_assert(!SizedPool<FixedPool<int>> && !EqualBlockPool<FixedPool<int>> && !ExactPool<FixedPool<int>>);
static_assert(EqualBlockPool<BlockPool<>> && EqualBlockPool<BlockPool<SingleThread>> &&
              EqualBlockPool<BlockPool<Locked>> && EqualBlockPool<BlockPool<ThreadCached>>);
static_assert(!SizedPool<BlockPool<>> && !TypedPool<BlockPool<>> && !ExactPool<BlockPool<>>);

struct Storage64 {
  alignas(16) std::byte bytes[64];
};

/// The reason that `act` was refused for, AllocError{} when it was not.
template <class Act>
AllocError refusal(Act act) {
  try {
    act();
    return AllocError{};
  } catch (const AllocFailure& failure) {
    return failure.error();
  }
}

TEST(FixedPools, TypedPoolIsUsedUpAndThrowsAndRecovers) {
  FixedPool<Storage64> pool{{.capacity = 10}};
  {
    std::list<Tracked, StlAllocator<Tracked, FixedPool<Storage64>>> list{pool};
    for (int i = 0; i < 10; ++i) list.emplace_back(i);
    EXPECT_EQ(pool.available(), 0U);
    EXPECT_EQ(refusal([&] { list.emplace_back(10); }), AllocError::exhausted);
    EXPECT_EQ(list.size(), 10U);
    list.pop_front();
    list.emplace_back(10);
  }
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(Tracked::live, 0U);
}

TEST(FixedPools, WhatDoesNotFitIsRefused) {
  FixedPool<Storage64> pool{{.capacity = 10}};
  StlAllocator<std::byte, FixedPool<Storage64>> bytes{pool};
  EXPECT_EQ(refusal([&] { bytes.deallocate(bytes.allocate(64), 64); }), AllocError{});
  EXPECT_EQ(refusal([&] { bytes.deallocate(bytes.allocate(65), 65); }), AllocError::too_large);
  StlAllocator<Wide, FixedPool<Storage64>> wide{pool};
  EXPECT_EQ(refusal([&] { wide.deallocate(wide.allocate(1), 1); }), AllocError::bad_alignment);

  PmrResource resource{pool};
  EXPECT_EQ(refusal([&] { (void)resource.allocate(65, 1); }), AllocError::too_large);
  EXPECT_EQ(refusal([&] { (void)resource.allocate(16, 32); }), AllocError::bad_alignment);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(FixedPools, AlignmentOfThePoolIsWhatCounts) {
  BlockPool<> pool{{.block_size = 2 * sizeof(Wide), .capacity = 10, .alignment = alignof(Wide)}};
  std::list<Wide, StlAllocator<Wide, BlockPool<>>> list{pool};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(list.emplace_back().placed_well());
  EXPECT_EQ(refusal([&] { list.emplace_back(); }), AllocError::exhausted);
}

TEST(FixedPools, SharedObjectsFitWithTheirCounts) {
  FixedPool<Storage64> pool{{.capacity = 2}};
  const StlAllocator<Tracked, FixedPool<Storage64>> allocator{pool};
  auto first = std::allocate_shared<Tracked>(allocator, 1);
  const auto second = std::allocate_shared<Tracked>(allocator, 2);
  EXPECT_EQ(refusal([&] { (void)std::allocate_shared<Tracked>(allocator, 3); }), AllocError::exhausted);
  first.reset();
  EXPECT_EQ(pool.available(), 1U);
}

TEST(FixedPools, ElementsThatThrowGiveTheirBlockBack) {
  BlockPool<Locked> pool{{.block_size = 64, .capacity = 4}};
  std::map<int, Tracked, std::less<>, StlAllocator<std::pair<const int, Tracked>, BlockPool<Locked>>> map{
      pool};
  map.emplace(1, 1);
  for (int i = 0; i < 10; ++i) {
    Tracked::fail_after = 1;
    EXPECT_THROW(map.emplace(2, 2), ConstructionFailed);
  }
  Tracked::fail_after = 0;
  EXPECT_EQ(pool.in_use(), 1U);
}

/// Lists of one shared pool in several threads, which end with the nodes of others.
template <class Sync>
void exchange_between_threads() {
  BlockPool<Sync> pool{{.block_size = 64, .capacity = 4000}};
  using List = std::list<int, StlAllocator<int, BlockPool<Sync>>>;
  std::vector<List> lists(4, List{pool});
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (List& list : lists) {
      threads.emplace_back([&list] {
        list.clear();
        for (int i = 0; i < 1000; ++i) list.push_back(i);
      });
    }
    for (std::thread& each : threads) each.join();
    EXPECT_EQ(pool.available(), 0U);
    std::rotate(lists.begin(), lists.begin() + 1, lists.end());
  }
  lists.clear();
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(FixedPools, ThreadsShareAPoolToItsLastBlock) {
  exchange_between_threads<Locked>();
  exchange_between_threads<LockFree>();
  exchange_between_threads<ThreadCached>();
}

}  // namespace
}  // namespace cenote::test
