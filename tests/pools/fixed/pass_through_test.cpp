// A pool in pass-through mode gives blocks of malloc's and keeps every other promise.
#include <cstddef>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/fixed_pool.hpp>

#include "support/fake_memory.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {

struct PassedRecord {
  char bytes[40];
};

template <class Sync>
class PassedPool : public ::testing::Test {};
using PassedPolicies = ::testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(PassedPool, PassedPolicies);

TYPED_TEST(PassedPool, BlocksLieOutsideThePoolsOwnMemory) {
  FakeMemory memory;
  FixedPool<PassedRecord, TypeParam> own{{.capacity = 2}, memory};
  FixedPool<PassedRecord, TypeParam> pool{{.capacity = 2, .pass_through = true}, memory};
  PassedRecord* const block = pool.allocate();
  EXPECT_FALSE(own.owns(block));
  EXPECT_TRUE(pool.owns(block));
  EXPECT_TRUE(pool.owns(&block->bytes[39]));
  EXPECT_FALSE(pool.owns(block + 1));
  pool.deallocate(block);
  EXPECT_FALSE(pool.owns(block));
}

TYPED_TEST(PassedPool, GivesAsManyBlocksAsItHasCapacityForAndGrowsToItsMost) {
  FixedPool<PassedRecord, TypeParam> pool{{.capacity = 3, .capacity_max = 5, .pass_through = true}};
  EXPECT_EQ(pool.capacity(), 3U);
  std::set<PassedRecord*> blocks;
  for (int i = 0; i < 5; ++i) blocks.insert(pool.allocate());
  EXPECT_EQ(blocks.size(), 5U);
  EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
  EXPECT_EQ(pool.capacity(), 5U);
  EXPECT_EQ(pool.available(), 0U);
  EXPECT_EQ(pool.grow(1).error(), AllocError::limit_reached);
  for (PassedRecord* const block : blocks) pool.deallocate(block);
  EXPECT_EQ(pool.trim(), 0U);
  EXPECT_EQ(pool.capacity(), 3U);
  EXPECT_EQ(*pool.grow(2), 5U);
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.allocations, 5U);
  EXPECT_EQ(stats.deallocations, 5U);
  EXPECT_EQ(stats.in_use, 0U);
  EXPECT_EQ(stats.peak_in_use, 5U);
  EXPECT_EQ(stats.failures, 1U);
  EXPECT_EQ(stats.grows, 3U);
  EXPECT_EQ(stats.block_size, sizeof(PassedRecord));
}

TYPED_TEST(PassedPool, ManyAtOnceAreFilledAsFarAsThereAreAny) {
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10, .pass_through = true}};
  std::vector<Block> blocks(12);
  EXPECT_EQ(pool.try_allocate_many(blocks), 10U);
  for (int i = 0; i < 10; ++i) std::memset(blocks[static_cast<std::size_t>(i)].data(), i, 100);
  pool.deallocate_many(std::span{blocks}.first(10));
  EXPECT_EQ(pool.available(), 10U);
}

TYPED_TEST(PassedPool, FindsWrongFrees) {
  MisuseRecorder misuse;
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10, .name = "passed", .pass_through = true}};
  const Block block = pool.allocate();
  EXPECT_EQ(pool.try_deallocate(block.first(99)).error(), AllocError::size_mismatch);
  pool.deallocate(block.first(99));
  EXPECT_EQ(pool.try_deallocate(Block{block.data() + 1, 100}).error(), AllocError::foreign_block);
  std::byte foreign[100];
  EXPECT_EQ(pool.try_deallocate(foreign).error(), AllocError::foreign_block);
  EXPECT_EQ(pool.in_use(), 1U);
  pool.deallocate(block);
  EXPECT_EQ(pool.try_deallocate(block).error(), AllocError::double_free);
  pool.deallocate(block);
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(records[1].error, AllocError::double_free);
  EXPECT_EQ(records[1].pool, "passed");
}

TYPED_TEST(PassedPool, AlignsBlocks) {
  BlockPool<TypeParam> pool{{.block_size = 24, .capacity = 10, .alignment = 4096, .pass_through = true}};
  const Block block = pool.allocate();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.data()) % 4096, 0U);
  pool.deallocate(block);
}

TYPED_TEST(PassedPool, ReportsBlocksInUseAtItsEndAndFreesThem) {
  LeakRecorder leaks;
  {
    FixedPool<PassedRecord, TypeParam> pool{{.capacity = 10, .name = "leaky", .pass_through = true}};
    static_cast<void>(pool.allocate());
    FixedPool<PassedRecord, TypeParam> moved{std::move(pool)};
    static_cast<void>(moved.allocate());
  }
  const auto records = leaks.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].blocks, 2U);
}

TYPED_TEST(PassedPool, HandlesDestroyAndGiveBack) {
  FixedPool<std::vector<int>, TypeParam> pool{{.capacity = 1, .pass_through = true}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(pool.make(100, i)->size(), 100U);
  EXPECT_EQ(pool.in_use(), 0U);
}

TYPED_TEST(PassedPool, EveryRefusalOfMemoryIsReportedAndNothingIsLost) {
  for (std::size_t n = 0;; ++n) {
    FakeMemory memory;
    memory.fail_after(n);
    auto pool = FixedPool<PassedRecord, TypeParam>::create({.capacity = 1000, .pass_through = true}, memory);
    std::vector<PassedRecord*> blocks;
    if (pool) {
      for (int i = 0; i < 1000; ++i) {
        const auto block = pool->try_allocate();
        if (block)
          blocks.push_back(*block);
        else
          EXPECT_EQ(block.error(), AllocError::out_of_memory);
      }
      EXPECT_EQ(pool->in_use(), blocks.size());
      for (PassedRecord* const block : blocks) pool->deallocate(block);
    } else {
      EXPECT_EQ(pool.error(), AllocError::out_of_memory);
      EXPECT_EQ(memory.held(), 0U);
    }
    if (!memory.fired()) break;
  }
}

TEST(PassedPoolThreads, ShareACapacityExactly) {
  BlockPool<LockFree> pool{{.block_size = 64, .capacity = 7, .pass_through = true}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool] {
      for (int i = 0; i < 2000; ++i) {
        const Result<Block> first = pool.try_allocate(), second = pool.try_allocate();
        if (first) std::memset(first->data(), 1, 64);
        if (second) pool.deallocate(*second);
        if (first) pool.deallocate(*first);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_LE(pool.stats().peak_in_use, 7U);
}

}  // namespace cenote::test
