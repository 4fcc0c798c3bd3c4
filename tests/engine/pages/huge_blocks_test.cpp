#include <cstring>
#include <functional>
#include <random>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "engine/caches/central_pool.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/remaps.hpp"
#include "support/sizes.hpp"

namespace cenote {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class HugeBlocksTest : public testing::Test {
 protected:
  HugeBlock take(std::size_t bytes, std::size_t alignment = 16) {
    const HugeBlock block = huge.allocate(central_pool, bytes, alignment).block;
    EXPECT_NE(block.start, nullptr);
    return block;
  }
  void give(const HugeBlock& block) { huge.recycle(huge.remove(block.start)); }

  test::FakeMemory memory;
  PageHeap pages{memory};
  HugeBlocks huge{memory};
  CentralPool central_pool{pages, huge, []() noexcept {}};
  CentralPool other{pages, huge, []() noexcept {}};
};

TEST_F(HugeBlocksTest, AFreshBlockIsWholePagesAndZero) {
  const HugeBlocks::Allocation got = huge.allocate(central_pool, 2 * kMiB + 1, 16);
  EXPECT_EQ(got.block.bytes, 2 * kMiB + os::page_bytes());
  EXPECT_TRUE(got.zeroed);
  EXPECT_TRUE(test::is_zero(got.block.start, got.block.bytes));
}

TEST_F(HugeBlocksTest, EveryAlignmentIsServed) {
  for (std::size_t alignment = 1; alignment <= 64 * kMiB; alignment *= 2) {
    EXPECT_TRUE(is_aligned(take(2 * kMiB, alignment).start, alignment)) << alignment;
  }
}

TEST_F(HugeBlocksTest, IsFoundByItsStartOnly) {
  const HugeBlock block = take(2 * kMiB);
  EXPECT_EQ(huge.find(block.start).bytes, block.bytes);
  EXPECT_EQ(huge.find(block.start).holder, &central_pool);
  EXPECT_EQ(huge.find(block.start + os::page_bytes()).start, nullptr);
  EXPECT_EQ(huge.find(nullptr).start, nullptr);
  EXPECT_EQ(huge.find_containing(central_pool, block.start + kMiB).start, block.start);
  EXPECT_EQ(huge.find_containing(other, block.start + kMiB).start, nullptr);
}

TEST_F(HugeBlocksTest, IsRemovedOnce) {
  const HugeBlock block = take(2 * kMiB);
  const HugeBlock removed = huge.remove(block.start);
  EXPECT_EQ(removed.start, block.start);
  EXPECT_EQ(huge.remove(block.start).start, nullptr);
  huge.recycle(removed);
}

TEST_F(HugeBlocksTest, AFreedMappingIsKeptForTheNextRequestLikeIt) {
  const HugeBlock block = take(2 * kMiB);
  std::memset(block.start, 1, block.bytes);
  give(block);
  EXPECT_TRUE(huge.was_freed(block.start));
  const HugeBlocks::Allocation again = huge.allocate(central_pool, 2 * kMiB - 1000, 16);
  EXPECT_EQ(again.block.start, block.start);
  EXPECT_FALSE(again.zeroed);
  EXPECT_FALSE(huge.was_freed(block.start));
  EXPECT_EQ(huge.kept_bytes(), 0U);
}

TEST_F(HugeBlocksTest, KeptMappingsStayWithinABudgetAndLeaveAfterTwoTicks) {
  std::vector<HugeBlock> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back(take(2 * kMiB));
  for (const HugeBlock& block : blocks) give(block);
  EXPECT_LE(huge.kept_bytes(), 4 * kMiB);
  EXPECT_GT(huge.kept_bytes(), 0U);
  EXPECT_EQ(huge.purge_cold(), 0U);
  EXPECT_GT(huge.purge_cold(), 0U);
  EXPECT_EQ(huge.kept_bytes(), 0U);
}

TEST_F(HugeBlocksTest, AResizeKeepsTheBytesAndTheTable) {
  if (!test::remaps()) GTEST_SKIP() << "this system moves no pages";
  HugeBlock block = take(2 * kMiB);
  test::fill_pattern(block.start, 2 * kMiB, 1);
  for (const std::size_t bytes : {64 * kMiB, 3 * kMiB + 5, 2 * kMiB}) {
    block = huge.resize(block, bytes);
    ASSERT_NE(block.start, nullptr);
    EXPECT_EQ(huge.find(block.start).bytes, align_up(bytes, os::page_bytes()));
    EXPECT_TRUE(test::holds_pattern(block.start, 2 * kMiB, 1));
  }
  EXPECT_EQ(huge.count(central_pool), 1U);
}

TEST_F(HugeBlocksTest, AResizeThatTheSystemRefusesChangesNothing) {
  const HugeBlock block = take(2 * kMiB);
  memory.refuse_remap = true;
  EXPECT_EQ(huge.resize(block, 8 * kMiB).start, nullptr);
  EXPECT_EQ(huge.find(block.start).bytes, 2 * kMiB);
}

TEST_F(HugeBlocksTest, ADepotTakesItsOwnBlocksAlong) {
  std::vector<HugeBlock> mine, theirs;
  for (int i = 0; i < 10; ++i) {
    mine.push_back(take(2 * kMiB));
    theirs.push_back(huge.allocate(other, 2 * kMiB, 16).block);
  }
  EXPECT_EQ(huge.release_all(central_pool), 20 * kMiB);
  EXPECT_EQ(huge.count(central_pool), 0U);
  for (const HugeBlock& block : mine) EXPECT_EQ(huge.find(block.start).start, nullptr);
  for (const HugeBlock& block : theirs) EXPECT_EQ(huge.find(block.start).start, block.start);
}

TEST_F(HugeBlocksTest, TheTableSurvivesManyBlocksComingAndGoing) {
  std::mt19937 random{3};
  std::vector<HugeBlock> live;
  for (int step = 0; step < 6000; ++step) {
    if (live.size() < 700 && random() % 5 != 0) {
      live.push_back(take(os::page_bytes() * (1 + random() % 3)));
    } else if (!live.empty()) {
      std::swap(live[random() % live.size()], live.back());
      give(live.back());
      live.pop_back();
    }
  }
  EXPECT_EQ(huge.count(central_pool), live.size());
  for (const HugeBlock& block : live) ASSERT_EQ(huge.find(block.start).bytes, block.bytes);
}

TEST_F(HugeBlocksTest, WhatDoesNotFitTheAddressSpaceIsRefused) {
  EXPECT_EQ(huge.allocate(central_pool, SIZE_MAX, 16).block.start, nullptr);
  EXPECT_EQ(huge.allocate(central_pool, test::kNowhereFree, 16).block.start, nullptr);
  EXPECT_EQ(huge.count(central_pool), 0U);
}

/// Maps large regions where the test says.
/// Does something while a mapping is moved, and refuses small mappings when it is told to: those of tables.
class BusyMemory final : public os::Memory {
 public:
  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    return system_.reserve(bytes, alignment);
  }
  bool commit(os::Region region) noexcept override { return system_.commit(region); }
  bool purge(os::Region region) noexcept override { return system_.purge(region); }
  void decommit(os::Region region) noexcept override { system_.decommit(region); }
  void release(os::Region region) noexcept override { system_.release(region); }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return refuse_tables && bytes < kMiB ? os::Region{} : system_.map(bytes, alignment);
  }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    if (during_remap) during_remap();
    return system_.remap(region, bytes);
  }
  bool populate(os::Region region) noexcept override { return system_.populate(region); }
  void advise_huge(os::Region region) noexcept override { system_.advise_huge(region); }

  bool refuse_tables = false;
  std::function<void()> during_remap;

 private:
  os::SystemMemory& system_ = os::g_system_memory;
};

TEST(HugeBlocksResize, KeepsItsSlotInATableThatCannotGrowAndFillsMeanwhile) {
  BusyMemory memory;
  PageHeap pages{memory};
  HugeBlocks huge{memory};
  CentralPool central_pool{pages, huge, []() noexcept {}};
  const HugeBlock block = huge.allocate(central_pool, 2 * kMiB, 16).block;
  ASSERT_NE(block.start, nullptr);
  memory.refuse_tables = true;
  std::size_t others = 0;
  memory.during_remap = [&] {
    while (huge.allocate(central_pool, 2 * kMiB, 16).block.start != nullptr) ++others;
  };
  const HugeBlock resized = huge.resize(block, 4 * kMiB);
  memory.during_remap = nullptr;
  ASSERT_NE(resized.start, nullptr);
  EXPECT_GT(others, 0U);
  EXPECT_EQ(huge.find(resized.start).bytes, 4 * kMiB);
  EXPECT_EQ(huge.count(central_pool), others + 1);
  huge.release_all(central_pool);
}

class MemoryAtAPlace final : public os::Memory {
 public:
  MemoryAtAPlace() = default;
  MemoryAtAPlace(const MemoryAtAPlace&) = delete;
  MemoryAtAPlace& operator=(const MemoryAtAPlace&) = delete;
  ~MemoryAtAPlace() { os::g_system_memory.release(all_); }

  std::byte* place = nullptr;
  std::byte* start() const { return all_.start; }

  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return bytes < kMiB ? os::g_system_memory.map(bytes, alignment) : os::Region{place, bytes};
  }
  void release(os::Region region) noexcept override {
    if (region.bytes < kMiB) os::g_system_memory.release(region);
  }
  os::Region reserve(std::size_t, std::size_t) noexcept override { return {}; }
  bool commit(os::Region) noexcept override { return false; }
  bool purge(os::Region) noexcept override { return false; }
  void decommit(os::Region) noexcept override {}
  os::Region remap(os::Region, std::size_t) noexcept override { return {}; }
  bool populate(os::Region) noexcept override { return true; }
  void advise_huge(os::Region) noexcept override {}

 private:
  os::Region all_ = os::g_system_memory.map(16 * kMiB, os::page_bytes());
};

TEST(HugeBlocksPlaces, AFreedBlockIsForgottenWhenAnotherCoversIt) {
  MemoryAtAPlace memory;
  PageHeap pages{memory};
  HugeBlocks huge{memory};
  const CentralPool central_pool{pages, huge, []() noexcept {}};
  for (const std::size_t offset : {0 * kMiB, 2 * kMiB, 6 * kMiB}) {
    memory.place = memory.start() + offset;
    std::byte* const freed = huge.allocate(central_pool, 5 * kMiB, 16).block.start;
    ASSERT_EQ(freed, memory.place);
    huge.recycle(huge.remove(freed));  // too much to be kept
    EXPECT_TRUE(huge.was_freed(freed));
    memory.place = memory.start();
    std::byte* const covers = huge.allocate(central_pool, 12 * kMiB, 16).block.start;
    EXPECT_FALSE(huge.was_freed(freed)) << offset << ": it is a place inside a block in use";
    huge.recycle(huge.remove(covers));
  }
}

TEST(HugeBlocksOutOfMemory, EveryRefusalLeavesTheTableWhole) {
  for (std::size_t n = 0;; ++n) {
    test::FakeMemory memory;
    PageHeap pages{memory};
    HugeBlocks huge{memory};
    CentralPool central_pool{pages, huge, []() noexcept {}};
    memory.fail_after(n);
    std::vector<HugeBlock> live;
    for (int i = 0; i < 150; ++i) {
      const HugeBlock block = huge.allocate(central_pool, os::page_bytes(), 16).block;
      if (block.start != nullptr) live.push_back(block);
    }
    if (!live.empty()) {
      const HugeBlock grown = huge.resize(live.back(), 8 * os::page_bytes());
      if (grown.start != nullptr) live.back() = grown;
    }
    ASSERT_EQ(huge.count(central_pool), live.size());
    for (const HugeBlock& block : live) {
      ASSERT_EQ(huge.find(block.start).bytes, block.bytes);
      huge.recycle(huge.remove(block.start));
    }
    huge.purge_all();
    EXPECT_EQ(huge.count(central_pool), 0U);
    EXPECT_LE(memory.held(), 1U) << "more than the table is held";
    if (!memory.fired()) break;
    ASSERT_LT(n, 1000U);
  }
}

}  // namespace
}  // namespace cenote
