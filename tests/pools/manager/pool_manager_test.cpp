#include <algorithm>
#include <cstdint>
#include <memory_resource>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

TEST(PoolManager, HandsOutExactlyTheSizeAskedFor) {
  PoolManager manager;
  std::vector<Block> blocks;
  for (const std::size_t size : edge_sizes()) {
    const Block block = manager.allocate_fixed(size);
    EXPECT_EQ(block.size(), size);
    EXPECT_EQ(address_of(block.data()) % alignof(std::max_align_t), 0U);
    fill_pattern(block.data(), size, blocks.size());
    blocks.push_back(block);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_TRUE(holds_pattern(blocks[i].data(), blocks[i].size(), i)) << blocks[i].size();
    manager.deallocate(blocks[i]);
  }
}

TEST(PoolManager, UsesABlockAgainForItsSizeAndForNoOther) {
  PoolManager manager;
  const Block block = manager.allocate_fixed(100);
  manager.deallocate(block);
  const Block smaller = manager.allocate_fixed(99), larger = manager.allocate_fixed(101);
  EXPECT_NE(smaller.data(), block.data());
  EXPECT_NE(larger.data(), block.data());
  EXPECT_EQ(manager.available(100), 1U);
  EXPECT_EQ(manager.allocate_fixed(100).data(), block.data());
  EXPECT_EQ(manager.available(100), 0U);
  for (const Block used : {block, smaller, larger}) manager.deallocate(used);
}

TEST(PoolManager, HandsOutTheBlockGivenBackLastFirst) {
  PoolManager manager;
  const Block first = manager.allocate_fixed(64), second = manager.allocate_fixed(64);
  manager.deallocate(second);
  manager.deallocate(first);
  EXPECT_EQ(manager.allocate_fixed(64).data(), first.data());
  EXPECT_EQ(manager.allocate_fixed(64).data(), second.data());
  manager.deallocate(first);
  manager.deallocate(second);
}

TEST(PoolManager, TakesTheSmallestFreeBlockOfARange) {
  PoolManager manager;
  for (const std::size_t size : {5000U, 200U, 300U, 100'000U}) ASSERT_TRUE(manager.prepopulate(size, 1));
  std::vector<Block> blocks;
  const auto between = [&](std::size_t min, std::size_t max) {
    return blocks.emplace_back(manager.allocate_between(min, max)).size();
  };
  EXPECT_EQ(between(150, 6000), 200U);
  EXPECT_EQ(between(150, 6000), 300U);
  EXPECT_EQ(between(5000, 5000), 5000U);
  EXPECT_EQ(between(1, SIZE_MAX), 100'000U);
  EXPECT_EQ(manager.stats().blocks_free, 0U);
  for (const Block block : blocks) manager.deallocate(block);
}

TEST(PoolManager, MakesANewBlockOfTheLeastSizeWhenARangeHasNone) {
  PoolManager manager;
  ASSERT_TRUE(manager.prepopulate(99, 1));
  ASSERT_TRUE(manager.prepopulate(201, 1));
  const Block block = manager.allocate_between(100, 200);
  EXPECT_EQ(block.size(), 100U);
  EXPECT_EQ(manager.stats().blocks_free, 2U);
  manager.deallocate(block);
}

TEST(PoolManager, PrepopulatedBlocksAreThoseHandedOut) {
  PoolManager manager{{.create_on_demand = false}};
  ASSERT_TRUE(manager.prepopulate(48, 100));
  EXPECT_EQ(manager.available(48), 100U);
  EXPECT_EQ(manager.available(47), 0U);
  std::set<std::byte*> starts;
  std::vector<Block> blocks;
  for (int i = 0; i < 100; ++i) {
    blocks.push_back(manager.allocate_fixed(48));
    starts.insert(blocks.back().data());
  }
  EXPECT_EQ(starts.size(), 100U);
  EXPECT_EQ(manager.try_allocate_fixed(48).error(), AllocError::exhausted);
  for (const Block block : blocks) manager.deallocate(block);
  EXPECT_EQ(manager.available(48), 100U);
}

TEST(PoolManager, PrepopulatingNoneDoesNothing) {
  PoolManager manager;
  EXPECT_TRUE(manager.prepopulate(48, 0));
  EXPECT_EQ(manager.stats().blocks_free, 0U);
}

TEST(PoolManager, AvailableCountsNothingOfSizesThatNoBlockHas) {
  const PoolManager manager;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{PTRDIFF_MAX}, SIZE_MAX}) {
    EXPECT_EQ(manager.available(size), 0U);
  }
}

TEST(PoolManager, TheLimitCountsBytesInUseAndFreeExactly) {
  PoolManager manager{{.limit_bytes = 1000}};
  const Block most = manager.allocate_fixed(999);
  const Block last = manager.allocate_fixed(1);
  EXPECT_EQ(manager.try_allocate_fixed(1).error(), AllocError::limit_reached);
  manager.deallocate(last);
  EXPECT_EQ(manager.try_allocate_fixed(2).error(), AllocError::limit_reached) << "a free block counts";
  EXPECT_EQ(manager.allocate_fixed(1).data(), last.data()) << "one that is there passes no limit";
  manager.deallocate(most);
  EXPECT_EQ(manager.try_allocate_fixed(998).error(), AllocError::limit_reached) << "others stay";
  EXPECT_EQ(manager.trim(), 999U);
  const Block after = manager.allocate_fixed(998);
  manager.deallocate(after);
  manager.deallocate(last);
}

TEST(PoolManager, APrepopulationThatWouldPassTheLimitChangesNothing) {
  PoolManager manager{{.limit_bytes = 1000}};
  EXPECT_EQ(manager.prepopulate(100, 11).error(), AllocError::limit_reached);
  EXPECT_EQ(manager.prepopulate(SIZE_MAX / 4, 8).error(), AllocError::limit_reached) << "a sum that wraps";
  EXPECT_EQ(manager.prepopulate(16, SIZE_MAX / 16 + 2).error(), AllocError::limit_reached)
      << "a sum that wraps";
  EXPECT_EQ(manager.stats().bytes_free, 0U);
  EXPECT_TRUE(manager.prepopulate(100, 10));
  EXPECT_EQ(manager.stats().bytes_free, 1000U);
  EXPECT_EQ(manager.prepopulate(1, 1).error(), AllocError::limit_reached);
  EXPECT_EQ(manager.available(100), 10U);
}

TEST(PoolManager, TrimLetsGoOfEveryFreeBlockAndOfNoOther) {
  PoolManager manager;
  const Block kept = manager.allocate_fixed(100);
  fill_pattern(kept.data(), 100, 1);
  ASSERT_TRUE(manager.prepopulate(100, 50));
  ASSERT_TRUE(manager.prepopulate(3 * kMiB, 2));
  EXPECT_EQ(manager.trim(), 50 * 100 + 2 * 3 * kMiB);
  EXPECT_EQ(manager.trim(), 0U);
  EXPECT_EQ(manager.available(100) + manager.available(3 * kMiB), 0U);
  const ManagerStats stats = manager.stats();
  EXPECT_EQ(stats.blocks_free, 0U);
  EXPECT_EQ(stats.bytes_free, 0U);
  EXPECT_EQ(stats.blocks_in_use, 1U);
  EXPECT_LT(stats.bytes_held, kMiB) << "the memory went, not just the count of it";
  EXPECT_TRUE(holds_pattern(kept.data(), 100, 1));
  manager.deallocate(kept);
  EXPECT_EQ(manager.available(100), 1U) << "a block given back after a trim is used again as ever";
}

TEST(PoolManager, SizesThatAreNotUsedAnyMoreCostNothingAfterATrim) {
  PoolManager manager;
  const Block kept = manager.allocate_fixed(64);  // so that slabs of few sizes stay at most
  const std::size_t before = manager.stats().bytes_held;
  for (std::size_t size = 1; size < 50'000; size += 61) ASSERT_TRUE(manager.prepopulate(size, 1));
  EXPECT_GT(manager.stats().bytes_held, before + 20 * kMiB);
  manager.trim();
  EXPECT_LE(manager.stats().bytes_held, before + 8 * 64 * kKiB);
  manager.deallocate(kept);
}

TEST(PoolManager, SizesThatCannotBeHadCostNothing) {
  if (anything_can_be_had()) GTEST_SKIP() << "no size is certain to be refused to a 32-bit program";
  PoolManager manager;
  manager.prepopulate(64, 1).value();
  static_cast<void>(manager.try_allocate_fixed(kNowhereHad));
  const std::size_t before = manager.stats().bytes_held;
  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(manager.try_allocate_fixed(kNowhereHad + 64 * i).error(), AllocError::out_of_memory);
  }
  EXPECT_EQ(manager.stats().bytes_held, before);
}

TEST(PoolManager, CountsWhatItDid) {
  PoolManager manager{{.limit_bytes = 10'000, .name = "counted"}};
  const Block first = manager.allocate_fixed(100), second = manager.allocate_between(200, 300);
  manager.deallocate(first);
  EXPECT_FALSE(manager.try_allocate_fixed(10'000));
  EXPECT_FALSE(manager.try_allocate_fixed(0));
  const ManagerStats stats = manager.stats();
  EXPECT_EQ(stats.name, "counted");
  EXPECT_EQ(stats.blocks_in_use, 1U);
  EXPECT_EQ(stats.blocks_free, 1U);
  EXPECT_EQ(stats.bytes_in_use, 200U);
  EXPECT_EQ(stats.bytes_free, 100U);
  EXPECT_EQ(stats.limit_bytes, 10'000U);
  EXPECT_GE(stats.bytes_held, 300U);
  EXPECT_EQ(stats.allocations, 2U);
  EXPECT_EQ(stats.deallocations, 1U);
  EXPECT_EQ(stats.failures, 2U);
  manager.deallocate(second);
}

TEST(PoolManager, MovesWithItsBlocks) {
  PoolManager first{{.name = "first"}};
  const Block block = first.allocate_fixed(32);
  PoolManager second{std::move(first)};
  second.deallocate(block);
  Result<PoolManager> third = PoolManager::create({.name = "third"});
  ASSERT_TRUE(third);
  *third = std::move(second);
  EXPECT_EQ(third->available(32), 1U);
  EXPECT_EQ(third->stats().name, "first");
}

TEST(PoolManager, ManagersDoNotShareBlocks) {
  PoolManager one, other;
  const Block block = one.allocate_fixed(40);
  EXPECT_EQ(other.try_deallocate(block).error(), AllocError::foreign_block);
  one.deallocate(block);
  EXPECT_EQ(other.available(40), 0U);
}

TEST(PoolManager, ServesTheStandardLibrary) {
  PoolManager manager;
  {
    PmrResource resource{manager};
    std::pmr::vector<std::pmr::string> words{&resource};
    for (int i = 0; i < 100; ++i) words.emplace_back("too long for the string's own buffer");
    EXPECT_GT(manager.stats().blocks_in_use, 100U);
  }
  EXPECT_EQ(manager.stats().blocks_in_use, 0U);
  EXPECT_EQ(manager.available(sizeof("too long for the string's own buffer")), 100U);
}

struct Leak {
  std::string pool;
  std::size_t blocks;
  bool operator==(const Leak&) const = default;
};
std::vector<Leak> g_leaks;

/// Collects leaks instead of printing them.
class LeakRecorder {
 public:
  LeakRecorder() : before_{set_leak_handler(&record)} { g_leaks.clear(); }
  ~LeakRecorder() { set_leak_handler(before_); }
  LeakRecorder(const LeakRecorder&) = delete;
  LeakRecorder& operator=(const LeakRecorder&) = delete;

 private:
  static void record(std::string_view pool, std::size_t blocks) noexcept {
    g_leaks.push_back({std::string{pool}, blocks});
  }
  LeakHandler before_;
};

TEST(PoolManager, ReportsBlocksInUseWhenItEnds) {
  const LeakRecorder recorder;
  {
    PoolManager manager{{.name = "leaky"}};
    for (const std::size_t size : {10U, 20U, 2'000'000U}) static_cast<void>(manager.allocate_fixed(size));
  }
  EXPECT_EQ(g_leaks, (std::vector<Leak>{{"leaky", 3}}));
}

TEST(PoolManager, FreeBlocksAreNoLeak) {
  const LeakRecorder recorder;
  {
    PoolManager manager;
    manager.prepopulate(10, 10).value();
    manager.deallocate(manager.allocate_fixed(2'000'000));
  }
  EXPECT_TRUE(g_leaks.empty());
}

TEST(PoolManager, EndsWhenAnotherIsAssignedToIt) {
  const LeakRecorder recorder;
  PoolManager manager{{.name = "old"}};
  static_cast<void>(manager.allocate_fixed(10));
  manager = PoolManager{{.name = "new"}};
  EXPECT_EQ(g_leaks, (std::vector<Leak>{{"old", 1}}));
}

}  // namespace
}  // namespace cenote::test
