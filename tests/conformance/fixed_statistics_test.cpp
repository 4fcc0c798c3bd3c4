/// What a pool says of itself, alive and at its end.
#include <optional>

#include <cenote/detail/system.hpp>

#include "conformance/fixed_subjects.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(FixedPools, AllFixedPools, FixedPoolNames);

TYPED_TEST(FixedPools, AFreshPoolHasDoneNothing) {
  auto pool = this->make({.capacity = 10, .capacity_max = 30});
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.capacity, 10U);
  EXPECT_EQ(stats.in_use, 0U);
  EXPECT_EQ(stats.peak_in_use, 0U);
  EXPECT_EQ(stats.allocations, 0U);
  EXPECT_EQ(stats.deallocations, 0U);
  EXPECT_EQ(stats.failures, 0U);
  EXPECT_EQ(stats.grows, 0U);
  EXPECT_EQ(stats.block_size, kItemBytes);
  EXPECT_GE(stats.bytes_reserved, 30 * kItemBytes);
  EXPECT_GE(stats.bytes_committed, 10 * kItemBytes);
  EXPECT_LE(stats.bytes_committed, stats.bytes_reserved);
  EXPECT_EQ(stats.pages, PageKind::normal);
  EXPECT_EQ(stats.numa_node, any_numa_node);
}

TYPED_TEST(FixedPools, CountsAllocationsAndTheirReturn) {
  auto pool = this->make({.capacity = 1000});
  std::uint64_t allocations = 0;
  for (const std::size_t count : {1U, 7U, 500U, 1000U, 3U}) {
    const auto blocks = this->take(pool, count);
    allocations += count;
    PoolStats stats = pool.stats();
    EXPECT_EQ(stats.allocations, allocations);
    EXPECT_EQ(stats.deallocations, allocations - count);
    EXPECT_EQ(stats.in_use, count);
    this->give_back(pool, blocks);
    std::vector<typename TypeParam::Given> many(count);
    ASSERT_EQ(pool.try_allocate_many(many), count);
    allocations += count;
    pool.deallocate_many(std::span{std::as_const(many)});
    stats = pool.stats();
    EXPECT_EQ(stats.allocations, allocations);
    EXPECT_EQ(stats.deallocations, allocations);
    EXPECT_EQ(stats.in_use, 0U);
  }
  EXPECT_EQ(pool.stats().failures, 0U);
}

TYPED_TEST(FixedPools, ShrinkIsNoAllocation) {
  auto pool = this->make({.capacity = 1000, .capacity_max = 5000});
  this->give_back(pool, this->take(pool, 5000));
  const PoolStats before = pool.stats();
  pool.trim();
  const PoolStats after = pool.stats();
  EXPECT_EQ(after.allocations, before.allocations);
  EXPECT_EQ(after.deallocations, before.deallocations);
  EXPECT_EQ(after.peak_in_use, before.peak_in_use);
  EXPECT_EQ(after.in_use, 0U);
  EXPECT_EQ(after.capacity, pool.capacity());
}

TYPED_TEST(FixedPools, MisuseIsCountedAsNothing) {
  MisuseRecorder recorder;
  auto pool = this->make({.capacity = 10});
  const auto block = pool.allocate();
  pool.deallocate(block);
  pool.deallocate(block);
  pool.deallocate(this->at(&pool));
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.allocations, 1U);
  EXPECT_EQ(stats.deallocations, 1U);
  EXPECT_EQ(stats.in_use, 0U);
}

TYPED_TEST(FixedPools, CountsCallsThatFoundNoBlock) {
  auto pool = this->make({.capacity = 100});
  const auto blocks = this->take(pool, 100);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(pool.try_allocate());
  EXPECT_EQ(pool.stats().failures, 5U);
  EXPECT_THROW(static_cast<void>(pool.allocate()), AllocFailure);
  EXPECT_EQ(pool.stats().failures, 6U);
  std::vector<typename TypeParam::Given> out(3);
  EXPECT_EQ(pool.try_allocate_many(out), 0U);
  EXPECT_EQ(pool.stats().failures, 7U);
  pool.deallocate_many(std::span{blocks}.first(2));
  EXPECT_EQ(pool.try_allocate_many(out), 2U);
  EXPECT_EQ(pool.stats().failures, 8U) << "found too few";
  this->give_back(pool, blocks);
  EXPECT_EQ(pool.try_allocate_many(out), 3U);
  EXPECT_EQ(pool.stats().failures, 8U);
  EXPECT_EQ(pool.stats().allocations, 105U);
  pool.deallocate_many(std::span{std::as_const(out)});
}

TYPED_TEST(FixedPools, PeakIsTheMostBlocksThereEverWereInUse) {
  auto pool = this->make({.capacity = 500, .capacity_max = 3000});
  std::mt19937_64 random{5};
  std::vector<typename TypeParam::Given> held;
  std::size_t peak = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t target = random() % (i < 1500 ? 400 : 2500);
    if (held.size() < target && i % 3 == 0) {
      std::vector<typename TypeParam::Given> out(target - held.size());
      ASSERT_EQ(pool.try_allocate_many(out), out.size());
      held.insert(held.end(), out.begin(), out.end());
    }
    for (int n = 0; n < 40 && held.size() < target; ++n) held.push_back(pool.allocate());
    peak = std::max(peak, held.size());
    for (int n = 0; n < 90 && held.size() > target; ++n) {
      pool.deallocate(held.back());
      held.pop_back();
    }
    if (i % 100 == 99) pool.trim();
    const std::size_t told = pool.stats().peak_in_use;
    if (this->kPeakIsExact) {
      ASSERT_EQ(told, peak) << i;
    } else {
      ASSERT_GE(told, peak) << i;
      ASSERT_LE(told, 3000U);
    }
  }
  this->give_back(pool, held);
}

TYPED_TEST(FixedPools, CountsTheTimesItGrew) {
  auto pool = this->make({.capacity = 100, .capacity_max = 1000});
  ASSERT_TRUE(pool.grow(10));
  ASSERT_TRUE(pool.grow(0));
  EXPECT_EQ(pool.stats().grows, 1U);
  ASSERT_FALSE(pool.grow(5000));
  EXPECT_EQ(pool.stats().grows, 1U);
  std::size_t capacity = pool.capacity();
  std::uint64_t grows = 1;
  std::vector<typename TypeParam::Given> blocks;
  for (int i = 0; i < 1000; ++i) {
    blocks.push_back(pool.allocate());
    if (pool.capacity() != capacity) ++grows;
    capacity = pool.capacity();
    EXPECT_EQ(pool.stats().grows, grows);
  }
  this->give_back(pool, blocks);
}

TYPED_TEST(FixedPools, WhatIsCommittedCoversTheBlocksAndStaysBelowWhatIsReserved) {
  auto pool = this->make({.capacity = 100, .capacity_max = 20'000});
  const std::size_t reserved = pool.stats().bytes_reserved;
  for (const std::size_t more : {1U, 5000U, 14'000U, 899U}) {
    ASSERT_TRUE(pool.grow(more));
    const PoolStats stats = pool.stats();
    EXPECT_GE(stats.bytes_committed, stats.capacity * kItemBytes);
    EXPECT_LE(stats.bytes_committed, stats.capacity * (kItemBytes + 16) + 8 * os::page_bytes());
    EXPECT_LE(stats.bytes_committed, stats.bytes_reserved);
    EXPECT_EQ(stats.bytes_reserved, reserved) << "addresses are reserved once";
  }
}

// --- the end -----------------------------------------------------------------------------------------------

TYPED_TEST(FixedPools, BlocksInUseAtTheEndAreReportedByNameAndNumber) {
  LeakRecorder recorder;
  for (const std::size_t leaked : {1U, 2U, 99U}) {
    {
      auto pool = this->make({.capacity = 50, .capacity_max = 200, .name = "leaky"});
      const auto blocks = this->take(pool, 150);
      pool.deallocate_many(std::span{blocks}.subspan(leaked));
    }
    const auto records = recorder.take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].pool, "leaky");
    EXPECT_EQ(records[0].blocks, leaked);
  }
  { static_cast<void>(this->make({.capacity = 5}).allocate()); }
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].pool, "");
}

TYPED_TEST(FixedPools, APoolWhoseBlocksAreBackEndsInSilence) {
  LeakRecorder recorder;
  {
    auto pool = this->make({.capacity = 50});
    this->give_back(pool, this->take_all(pool));
    pool.trim();
    auto moved = std::move(pool);
    this->give_back(moved, this->take_all(moved));
  }
  EXPECT_TRUE(recorder.take().empty()) << "not even the one moved from";
}

TYPED_TEST(FixedPools, AssignmentEndsThePoolThatWasThere) {
  LeakRecorder recorder;
  auto pool = this->make({.capacity = 50, .name = "old"});
  static_cast<void>(pool.allocate());
  auto other = this->make({.capacity = 60, .name = "new"});
  const auto block = other.allocate();
  pool = std::move(other);
  auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].pool, "old");
  EXPECT_EQ(records[0].blocks, 1U);
  pool.deallocate(block);
  this->expect_unharmed(pool);
}

TYPED_TEST(FixedPools, LeaksAreCountedAfterAShrink) {
  LeakRecorder recorder;
  {
    auto pool = this->make({.capacity = 5, .capacity_max = 5000});
    const auto blocks = this->take_all(pool);
    pool.deallocate_many(std::span{blocks}.subspan(3));
    pool.trim();
  }
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].blocks, 3U);
}

}  // namespace cenote::test
