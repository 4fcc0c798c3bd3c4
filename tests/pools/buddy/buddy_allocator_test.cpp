#include <cstdint>
#include <cstring>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

static_assert(!std::is_copy_constructible_v<BuddyAllocator>);
static_assert(std::is_nothrow_move_constructible_v<BuddyAllocator>);

std::vector<void*> fill_up(BuddyAllocator& pool, std::size_t size) {
  std::vector<void*> blocks;
  while (const Result<void*> block = pool.try_allocate(size)) blocks.push_back(*block);
  return blocks;
}

void give_back(BuddyAllocator& pool, std::vector<void*>& blocks) {
  for (void* const block : blocks) pool.deallocate(block);
  blocks.clear();
}

TEST(BuddyAllocator, ARequestIsRoundedUpToAPowerOfTwo) {
  BuddyAllocator pool{{.bytes = kMiB}};
  for (const auto& [size, usable] : {std::pair{std::size_t{1}, 4 * kKiB},
                                     {4 * kKiB, 4 * kKiB},
                                     {4 * kKiB + 1, 8 * kKiB},
                                     {100'000, 128 * kKiB},
                                     {512 * kKiB + 1, kMiB},
                                     {kMiB, kMiB}}) {
    void* const block = pool.allocate(size);
    EXPECT_EQ(pool.usable_size(block), usable);
    pool.deallocate(block);
  }
}

TEST(BuddyAllocator, ABlockIsAlignedToItsSize) {
  BuddyAllocator pool{{.bytes = 4 * kMiB, .block_min = 64}};
  for (std::size_t size = 64; size <= 2 * kMiB; size *= 2) {
    void* const small = pool.allocate(1);
    void* const block = pool.allocate(size);
    EXPECT_TRUE(is_aligned(block, size)) << size;
    pool.deallocate(small);
    pool.deallocate(block);
  }
}

TEST(BuddyAllocator, EveryAlignmentUpToTheLargestBlockIsServed) {
  BuddyAllocator pool{{.bytes = 8 * kMiB + 64 * kKiB, .block_min = 16}};
  EXPECT_EQ(pool.alignment_max(), 8 * kMiB);
  for (std::size_t alignment = 1; alignment <= 8 * kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{17}, alignment, 3 * kKiB}) {
      void* const block = pool.allocate(size, alignment);
      EXPECT_TRUE(is_aligned(block, alignment)) << size << " at " << alignment;
      EXPECT_GE(pool.usable_size(block), size);
      pool.deallocate(block, size);
    }
  }
  EXPECT_EQ(pool.try_allocate(1, 16 * kMiB).error(), AllocError::bad_alignment);
}

TEST(BuddyAllocator, MemoryThatIsNoPowerOfTwoIsServedWholly) {
  for (const std::size_t units : {1U, 2U, 3U, 5U, 7U, 64U, 100U, 127U, 1023U}) {
    BuddyAllocator pool{{.bytes = units * 4 * kKiB}};
    std::vector<void*> blocks = fill_up(pool, 4 * kKiB);
    EXPECT_EQ(blocks.size(), units);
    EXPECT_EQ((std::set<void*>{blocks.begin(), blocks.end()}).size(), units);
    EXPECT_EQ(pool.largest_free(), 0U);
    give_back(pool, blocks);
    EXPECT_EQ(pool.largest_free(), std::bit_floor(units) * 4 * kKiB);
    pool.check_invariants();
  }
}

TEST(BuddyAllocator, WhatDoesNotFillASmallestBlockIsLeftOut) {
  BuddyAllocator pool{{.bytes = 3 * 4096 + 4095}};
  EXPECT_EQ(pool.stats().bytes, 3 * 4096U);
  std::vector<void*> blocks = fill_up(pool, 1);
  EXPECT_EQ(blocks.size(), 3U);
  give_back(pool, blocks);
}

TEST(BuddyAllocator, BlocksSmallerThanAPageAreServed) {
  BuddyAllocator pool{{.bytes = 1000, .block_min = 16}};
  std::vector<void*> blocks = fill_up(pool, 16);
  EXPECT_EQ(blocks.size(), 62U);
  for (std::size_t i = 0; i < blocks.size(); ++i) fill_pattern(blocks[i], 16, i);
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_TRUE(holds_pattern(blocks[i], 16, i));
  give_back(pool, blocks);
}

TEST(BuddyAllocator, ASplitLeavesTheUpperHalvesFree) {
  BuddyAllocator pool{{.bytes = 16 * 4096}};
  void* const block = pool.allocate(1);
  const BuddyStats stats = pool.stats();
  ASSERT_EQ(stats.orders, 5U);
  for (std::size_t order = 0; order < 4; ++order) EXPECT_EQ(stats.free_blocks[order], 1U) << order;
  EXPECT_EQ(stats.free_blocks[4], 0U);
  EXPECT_EQ(stats.largest_free, 8 * 4096U);
  EXPECT_EQ(stats.free_bytes, 15 * 4096U);
  pool.deallocate(block);
  EXPECT_EQ(pool.stats().free_blocks[4], 1U);
}

TEST(BuddyAllocator, OnlyBuddiesAreJoined) {
  BuddyAllocator pool{{.bytes = 8 * 4096}};
  std::vector<void*> blocks = fill_up(pool, 4096);
  pool.deallocate(blocks[1]);
  pool.deallocate(blocks[2]);  // neighbours, but of different parents
  EXPECT_EQ(pool.stats().free_blocks[0], 2U);
  EXPECT_EQ(pool.largest_free(), 4096U);
  EXPECT_EQ(pool.try_allocate(8192).error(), AllocError::exhausted);
  pool.deallocate(blocks[3]);
  EXPECT_EQ(pool.stats().free_blocks[0], 1U);
  EXPECT_EQ(pool.largest_free(), 8192U);
  for (const std::size_t i : {0U, 4U, 5U, 6U, 7U}) pool.deallocate(blocks[i]);
  EXPECT_EQ(pool.largest_free(), 8 * 4096U);
}

TEST(BuddyAllocator, AllIsJoinedWhenAnAllocationWouldFailOtherwise) {
  BuddyAllocator pool{{.bytes = kMiB}};
  std::vector<void*> blocks = fill_up(pool, 4096);
  give_back(pool, blocks);
  void* const whole = pool.allocate(kMiB);
  EXPECT_EQ(pool.try_allocate(1).error(), AllocError::exhausted);
  pool.deallocate(whole);
}

TEST(BuddyAllocator, TheBlockGivenBackLastComesNext) {
  BuddyAllocator pool{{.bytes = kMiB}};
  void* const a = pool.allocate(8192);
  void* const b = pool.allocate(8192);
  pool.deallocate(a);
  pool.deallocate(b);
  EXPECT_EQ(pool.allocate(8192), b);
  EXPECT_EQ(pool.allocate(8192), a);
  pool.deallocate(a);
  pool.deallocate(b);
}

TEST(BuddyAllocator, TheLowestBlockThatFitsIsCut) {
  BuddyAllocator pool{{.bytes = 16 * 4096}};
  auto* const first = static_cast<std::byte*>(pool.allocate(1));
  for (std::size_t i = 1; i < 16; ++i) EXPECT_EQ(pool.allocate(1), first + i * 4096);
  for (std::size_t i = 0; i < 16; ++i) pool.deallocate(first + i * 4096);
}

TEST(BuddyAllocator, NothingIsWrittenToFreeBlocks) {
  BuddyAllocator pool{{.bytes = kMiB, .block_min = 64}};
  std::vector<void*> blocks = fill_up(pool, 64);
  for (void* const block : blocks) std::memset(block, 0xa5, 64);
  give_back(pool, blocks);
  auto* const whole = static_cast<const std::uint8_t*>(pool.allocate(kMiB));
  EXPECT_EQ(std::count(whole, whole + kMiB, 0xa5), static_cast<std::ptrdiff_t>(kMiB));
  pool.deallocate(const_cast<std::uint8_t*>(whole));
}

TEST(BuddyAllocator, OwnsItsMemoryAndNothingElse) {
  BuddyAllocator pool{{.bytes = 3 * 4096}};
  BuddyAllocator other{{.bytes = 3 * 4096}};
  auto* const block = static_cast<std::byte*>(pool.allocate(8192));
  EXPECT_TRUE(pool.owns(block));
  EXPECT_TRUE(pool.owns(block + 8191));
  EXPECT_FALSE(other.owns(block));
  EXPECT_FALSE(pool.owns(nullptr));
  EXPECT_FALSE(pool.owns(block - 1));
  EXPECT_FALSE(pool.owns(block + 3 * 4096));
  EXPECT_EQ(pool.usable_size(block + 4096), 0U);
  EXPECT_EQ(pool.usable_size(nullptr), 0U);
  pool.deallocate(block);
  EXPECT_EQ(pool.usable_size(block), 0U);
}

TEST(BuddyAllocator, StatisticsAddUp) {
  BuddyAllocator pool{{.bytes = kMiB, .name = "counted"}};
  void* const a = pool.allocate(4096);
  void* const b = pool.allocate(10'000);
  void* const c = pool.allocate(100'000);
  pool.deallocate(b);
  EXPECT_FALSE(pool.try_allocate(kMiB));
  const BuddyStats stats = pool.stats();
  EXPECT_EQ(stats.bytes, kMiB);
  EXPECT_EQ(stats.block_min, 4096U);
  EXPECT_EQ(stats.orders, 9U);
  EXPECT_EQ(stats.in_use, 2U);
  EXPECT_EQ(stats.bytes_in_use, 132 * kKiB);
  EXPECT_EQ(stats.bytes_in_use + stats.free_bytes, stats.bytes);
  EXPECT_EQ(stats.peak_in_use, 3U);
  EXPECT_EQ(stats.peak_bytes_in_use, 148 * kKiB);
  EXPECT_EQ(stats.allocations, 3U);
  EXPECT_EQ(stats.deallocations, 1U);
  EXPECT_EQ(stats.failures, 1U);
  EXPECT_GE(stats.bytes_committed, stats.bytes);
  EXPECT_GT(stats.bytes_reserved, stats.bytes_committed);
  EXPECT_EQ(stats.pages, PageKind::normal);
  std::size_t free_bytes = 0;
  for (std::size_t order = 0; order < stats.orders; ++order)
    free_bytes += stats.free_blocks[order] * (stats.block_min << order);
  EXPECT_EQ(free_bytes, stats.free_bytes);
  pool.deallocate(a);
  pool.deallocate(c);
}

TEST(BuddyAllocator, ThePeakOfOneThreadIsExactWhateverLiesOnItsShelf) {
  BuddyAllocator pool{{.bytes = kMiB}};
  std::vector<void*> blocks;
  for (int i = 0; i < 10; ++i) blocks.push_back(pool.allocate(4096));
  give_back(pool, blocks);
  for (int i = 0; i < 4; ++i) blocks.push_back(pool.allocate(8192));  // 10 smaller ones lie on the shelf
  EXPECT_EQ(pool.stats().peak_in_use, 10U);
  EXPECT_EQ(pool.stats().peak_bytes_in_use, 40 * kKiB);
  for (int i = 0; i < 4; ++i) blocks.push_back(pool.allocate(8192));
  EXPECT_EQ(pool.stats().peak_in_use, 10U);
  EXPECT_EQ(pool.stats().peak_bytes_in_use, 64 * kKiB);
  give_back(pool, blocks);
}

TEST(BuddyAllocator, FragmentationIsHowFarFreeMemoryIsFromOnePiece) {
  BuddyAllocator pool{{.bytes = 16 * 4096}};
  EXPECT_EQ(pool.stats().external_fragmentation(), 0.0);
  std::vector<void*> blocks = fill_up(pool, 4096);
  EXPECT_EQ(pool.stats().external_fragmentation(), 0.0) << "nothing is free";
  for (std::size_t i = 0; i < 16; i += 2) pool.deallocate(blocks[i]);
  EXPECT_DOUBLE_EQ(pool.stats().external_fragmentation(), 1 - 1.0 / 8);
  for (std::size_t i = 1; i < 16; i += 2) pool.deallocate(blocks[i]);
  EXPECT_EQ(pool.stats().external_fragmentation(), 0.0);
}

TEST(BuddyAllocator, WhollyFreeMemoryOfAnySizeIsNotFragmented) {
  for (const std::size_t units : {1U, 3U, 6U, 7U, 100U}) {
    const BuddyAllocator pool{{.bytes = units * 4096}};
    EXPECT_EQ(pool.stats().external_fragmentation(), 0.0) << units;
  }
}

TEST(BuddyAllocator, TransparentHugePagesAreSaidReservedOnesFallBack) {
  FakeMemory no_huge_pages;
  EXPECT_EQ(BuddyAllocator({.bytes = 4 * kMiB, .pages = PageKind::transparent_huge}).stats().pages,
            PageKind::transparent_huge);
  EXPECT_EQ(BuddyAllocator({.bytes = 4 * kMiB, .pages = PageKind::huge_1gib}, no_huge_pages).stats().pages,
            PageKind::normal);
}

// --- trim --------------------------------------------------------------------------------------------------

class BuddyAllocatorTrim : public testing::Test {
 protected:
  void SetUp() override {
    if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  }
};

TEST_F(BuddyAllocatorTrim, GivesBackWhatWasTouchedOnce) {
  BuddyAllocator pool{{.bytes = kMiB, .block_min = 64}};
  EXPECT_EQ(pool.trim(), 0U) << "nothing was touched";
  void* const block = pool.allocate(256 * kKiB);
  std::memset(block, 1, 256 * kKiB);
  EXPECT_EQ(pool.trim(), 0U) << "it is in use";
  pool.deallocate(block);
  EXPECT_GE(pool.trim(), 256 * kKiB);
  EXPECT_EQ(pool.trim(), 0U) << "it is clean now";
  void* const again = pool.allocate(kMiB);
  EXPECT_TRUE(is_zero(again, kMiB));
  pool.deallocate(again);
}

TEST_F(BuddyAllocatorTrim, LeavesBlocksInUseAlone) {
  const std::size_t size = 4 * os::page_bytes();
  BuddyAllocator pool{{.bytes = 64 * size}};
  std::vector<void*> blocks = fill_up(pool, size);
  for (std::size_t i = 0; i < blocks.size(); ++i) fill_pattern(blocks[i], size, i);
  for (std::size_t i = 0; i < blocks.size(); i += 2) pool.deallocate(blocks[i]);
  EXPECT_EQ(pool.trim(), 32 * size);
  for (std::size_t i = 1; i < blocks.size(); i += 2) {
    EXPECT_TRUE(holds_pattern(blocks[i], size, i));
    pool.deallocate(blocks[i]);
  }
  pool.check_invariants();
}

TEST_F(BuddyAllocatorTrim, CountsAgainWhatIsTouchedAgain) {
  BuddyAllocator pool{{.bytes = 64 * kKiB}};
  for (int round = 0; round < 3; ++round) {
    pool.deallocate(pool.allocate(64 * kKiB));
    EXPECT_EQ(pool.trim(), 64 * kKiB);
    pool.deallocate(pool.allocate(4096));  // the rest stays clean, but they are one block again
    EXPECT_GE(pool.trim(), os::page_bytes());
  }
}

TEST_F(BuddyAllocatorTrim, ABlockJoinedWithACleanOneMayHoldOldBytes) {
  BuddyAllocator pool{{.bytes = 128 * kKiB}};
  void* const lower = pool.allocate(64 * kKiB);
  void* const upper = pool.allocate(64 * kKiB);
  std::memset(upper, 1, 64 * kKiB);
  pool.deallocate(lower);
  EXPECT_EQ(pool.trim(), 64 * kKiB);
  pool.deallocate(upper);
  EXPECT_GE(pool.trim(), 64 * kKiB);
  void* const whole = pool.allocate(128 * kKiB);
  EXPECT_TRUE(is_zero(whole, 128 * kKiB));
  pool.deallocate(whole);
}

TEST_F(BuddyAllocatorTrim, ASystemThatRefusesCostsNothing) {
  FakeMemory memory;
  BuddyAllocator pool{{.bytes = kMiB}, memory};
  pool.deallocate(pool.allocate(kMiB));
  memory.refuse_purge = true;
  EXPECT_EQ(pool.trim(), 0U);
  memory.refuse_purge = false;
  EXPECT_EQ(pool.trim(), kMiB);
}

// --- life --------------------------------------------------------------------------------------------------

struct Leak {
  std::string pool;
  std::size_t blocks = 0;
};
Leak g_leak;

class BuddyAllocatorLife : public testing::Test {
 protected:
  void SetUp() override {
    g_leak = {};
    before_ = set_leak_handler([](std::string_view pool, std::size_t blocks) noexcept {
      g_leak = {std::string{pool}, blocks};
    });
  }
  void TearDown() override { set_leak_handler(before_); }

  LeakHandler before_ = nullptr;
};

TEST_F(BuddyAllocatorLife, BlocksInUseAtTheEndAreReportedAndFreed) {
  FakeMemory memory;
  {
    BuddyAllocator pool{{.bytes = kMiB, .name = "leaky"}, memory};
    static_cast<void>(pool.allocate(1));
    static_cast<void>(pool.allocate(100'000));
    pool.deallocate(pool.allocate(1));
  }
  EXPECT_EQ(g_leak.pool, "leaky");
  EXPECT_EQ(g_leak.blocks, 2U);
  EXPECT_EQ(memory.held(), 0U);
}

TEST_F(BuddyAllocatorLife, NothingIsReportedWhenAllCameBack) {
  {
    BuddyAllocator pool{{.bytes = kMiB}};
    pool.deallocate(pool.allocate(1));
  }
  EXPECT_EQ(g_leak.blocks, 0U);
}

TEST_F(BuddyAllocatorLife, AMovedAllocatorKeepsItsBlocks) {
  FakeMemory memory;
  {
    BuddyAllocator first{{.bytes = kMiB, .name = "first"}, memory};
    void* const block = first.allocate(5000);
    fill_pattern(block, 5000, 3);
    BuddyAllocator second{std::move(first)};
    EXPECT_TRUE(second.owns(block));
    BuddyAllocator third{{.bytes = kMiB, .name = "third"}, memory};
    static_cast<void>(third.allocate(1));
    third = std::move(second);
    EXPECT_EQ(g_leak.pool, "third") << "the one that was assigned to ended";
    EXPECT_TRUE(holds_pattern(block, 5000, 3));
    third.deallocate(block);
    EXPECT_EQ(third.stats().in_use, 0U);
    g_leak = {};
  }
  EXPECT_EQ(g_leak.blocks, 0U);
  EXPECT_EQ(memory.held(), 0U);
}

TEST_F(BuddyAllocatorLife, LongNamesAreCut) {
  {
    BuddyAllocator pool{{.bytes = kMiB, .name = std::string_view{std::string(100, 'n')}}};
    static_cast<void>(pool.allocate(1));
  }
  EXPECT_EQ(g_leak.pool, std::string(63, 'n'));
}

}  // namespace
}  // namespace cenote::test
