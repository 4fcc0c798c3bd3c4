/// What becomes of a manager when the system refuses memory: from its first call on, then from its second on,
/// and so forth.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/pool_manager.hpp>

#include "engine/pages/backing.hpp"
#include "support/behind.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

struct Held {
  Block block;
  std::size_t seed;
};

std::size_t marked(Block block) { return std::min(block.size(), 4 * kKiB); }

void expect_even(const PoolManager& manager, const std::vector<Held>& held) {
  const ManagerStats stats = manager.stats();
  std::size_t bytes = 0;
  for (const Held& one : held) bytes += one.block.size();
  EXPECT_EQ(stats.blocks_in_use, held.size());
  EXPECT_EQ(stats.bytes_in_use, bytes);
}

/// Whatever is refused changes nothing, and what is there stays whole.
void run_workload(PoolManager& manager) {
  std::vector<Held> held;
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{48}, 3 * kKiB, 60 * kKiB, 100 * kKiB, 900 * kKiB, 2 * kMiB}) {
    const ManagerStats before = manager.stats();
    const Result<void> made = manager.prepopulate(size, 7);
    EXPECT_EQ(manager.available(size), made ? 7U : 0U);
    EXPECT_EQ(manager.stats().blocks_free, before.blocks_free + (made ? 7 : 0));
    for (std::size_t i = 0; i < 9; ++i) {
      const Result<Block> block =
          i % 2 == 0 ? manager.try_allocate_fixed(size) : manager.try_allocate_between(size, size + 10);
      if (!block) {
        EXPECT_EQ(block.error(), AllocError::out_of_memory);
        continue;
      }
      fill_pattern(block->data(), marked(*block), held.size());
      held.push_back({*block, held.size()});
    }
    expect_even(manager, held);
  }
  for (const Held& one : held) {
    EXPECT_TRUE(holds_pattern(one.block.data(), marked(one.block), one.seed));
    EXPECT_TRUE(manager.try_deallocate(one.block)) << "giving back needs no memory";
  }
  EXPECT_EQ(manager.stats().bytes_in_use, 0U);
  const std::size_t bytes_free = manager.stats().bytes_free;
  EXPECT_EQ(manager.trim(), bytes_free);
}

TEST(PoolManagerOutOfMemory, EveryRefusalIsAnErrorAndNothingIsLostByIt) {
  // never destroyed: what it reserves stays with the process's page heap
  static FakeMemory& memory = *new FakeMemory;
  std::size_t fired = 0;
  for (std::size_t n = 0;; ++n) {
    memory.reset();
    const std::size_t used_before = g_backing.pages.used_bytes();
    {
      const Behind behind{memory};
      memory.fail_after(n);
      Result<PoolManager> manager = PoolManager::create({.name = "walk"});
      if (manager) {
        run_workload(*manager);
      } else {
        EXPECT_EQ(manager.error(), AllocError::out_of_memory);
      }
    }
    g_backing.pages.check_invariants();
    EXPECT_EQ(g_backing.pages.used_bytes(), used_before) << "after refusal " << n;
    if (!memory.fired()) break;
    ++fired;
    ASSERT_LT(n, 2000U) << "the walk does not end";
  }
  RecordProperty("refusals", static_cast<int>(fired));
  EXPECT_GT(fired, 10U) << "the workload asks the system too seldom to be a walk";
}

TEST(PoolManagerOutOfMemory, AManagerServesAgainWhenTheSystemDoes) {
  static FakeMemory& memory = *new FakeMemory;
  const Behind behind{memory};
  PoolManager manager;
  memory.reset();
  memory.fail_after(0);
  std::vector<Block> blocks;
  while (const Result<Block> block = manager.try_allocate_fixed(50 * kKiB)) blocks.push_back(*block);
  EXPECT_EQ(manager.try_allocate_fixed(20 * kMiB).error(), AllocError::out_of_memory);
  EXPECT_EQ(manager.prepopulate(50 * kKiB, 10).error(), AllocError::out_of_memory);
  for (const Block block : blocks) manager.deallocate(block);
  for (Block& block : blocks) {
    const Result<Block> again = manager.try_allocate_fixed(50 * kKiB);
    ASSERT_TRUE(again) << "free blocks are had without the system";
    block = *again;
  }
  memory.reset();
  ASSERT_TRUE(manager.prepopulate(50 * kKiB, 200));
  for (const Block block : blocks) manager.deallocate(block);
  EXPECT_EQ(manager.available(50 * kKiB), 200 + blocks.size());
}

TEST(PoolManagerOutOfMemory, ASumThatCanNeverBeHadIsRefusedBeforeOneBlockIsMade) {
  if (anything_can_be_had()) GTEST_SKIP() << "no size is certain to be refused to a 32-bit program";
  static FakeMemory& memory = *new FakeMemory;
  const Behind behind{memory};
  PoolManager manager;
  EXPECT_EQ(manager.prepopulate(2 * kMiB, std::size_t{1} << 30).error(), AllocError::out_of_memory);
  EXPECT_EQ(memory.calls.map, 0U);
}

}  // namespace
}  // namespace cenote::test
