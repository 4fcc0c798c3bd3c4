/// Who is served from where, on machines that are simulated. On emulated machines, by the kernel's account:
/// tests/machines.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/numa_pool.hpp>

#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/simulated_numa.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kPerNode = 4 * kMiB;

NumaOptions options_for(NumaPolicy policy) {
  return {.bytes_per_node = kPerNode, .policy = policy, .name = "parts"};
}

class NumaPools : public testing::Test {
 protected:
  SimulatedNuma numa{4};
};

std::vector<void*> take_all(NumaPool& pool, std::size_t size) {
  std::vector<void*> blocks;
  while (const Result<void*> block = pool.try_allocate(size)) blocks.push_back(*block);
  return blocks;
}
void give_all(NumaPool& pool, const std::vector<void*>& blocks) {
  for (void* const block : blocks) pool.deallocate(block);
}
std::size_t blocks_on(const NumaPool& pool, const std::vector<void*>& blocks, int node) {
  std::size_t count = 0;
  for (const void* const block : blocks) count += pool.node_of(block) == node ? 1 : 0;
  return count;
}

TEST_F(NumaPools, ThreadsAreServedFromTheirNode) {
  for (const NumaPolicy policy : {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::adaptive}) {
    NumaPool pool{options_for(policy), numa};
    for (int node = 3; node >= 0; --node) {
      const OnNode here{node};
      void* const block = pool.allocate(100);
      EXPECT_EQ(pool.node_of(block), node);
      EXPECT_EQ(pool.usable_size(block), 128U);
      EXPECT_TRUE(pool.owns(block));
      pool.deallocate(block);
    }
  }
}

TEST_F(NumaPools, LocalOnlyFailsWhereThePartIsUsedUp) {
  NumaPool pool{options_for(NumaPolicy::local_only), numa};
  EXPECT_EQ(numa.last_placement, os::Placement::strict);
  const OnNode here{2};
  const std::vector<void*> blocks = take_all(pool, 64 * kKiB);
  EXPECT_EQ(blocks.size(), kPerNode / (64 * kKiB));
  EXPECT_EQ(blocks_on(pool, blocks, 2), blocks.size());
  EXPECT_EQ(pool.try_allocate(64 * kKiB).error(), AllocError::exhausted);
  EXPECT_EQ(pool.stats().failures, 2U);
  {
    const OnNode there{1};
    void* const block = pool.allocate(64 * kKiB);
    EXPECT_EQ(pool.node_of(block), 1);
    pool.deallocate(block);
  }
  give_all(pool, blocks);
}

TEST_F(NumaPools, LocalOnlyServesNobodyOnANodeWithoutMemory) {
  numa.machine.add_node(4, 0);
  numa.machine.add_processor(4, 4);
  NumaPool pool{options_for(NumaPolicy::local_only), numa};
  const OnNode here{4};
  EXPECT_EQ(pool.try_allocate(64).error(), AllocError::exhausted);
}

TEST_F(NumaPools, LocalOnlyRefusesMoreThanANodeHasFree) {
  numa.free_each = kPerNode - 1;
  EXPECT_EQ(NumaPool::create(options_for(NumaPolicy::local_only), numa).error(), AllocError::out_of_memory);
  EXPECT_TRUE(NumaPool::create(options_for(NumaPolicy::preferred), numa));
  numa.free_each = kPerNode;
  EXPECT_TRUE(NumaPool::create(options_for(NumaPolicy::local_only), numa));
}

TEST_F(NumaPools, PreferredFallsOverToTheNearestWithRoom) {
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  EXPECT_EQ(numa.last_placement, os::Placement::preferred);
  const OnNode here{2};
  const std::vector<void*> blocks = take_all(pool, kMiB);
  ASSERT_EQ(blocks.size(), 4 * kPerNode / kMiB);
  const int expected[] = {2, 1, 3, 0};  // 1 and 3 are equally near
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_EQ(pool.node_of(blocks[i]), expected[i / 4]) << i;
  const NumaStats stats = pool.stats();
  ASSERT_EQ(stats.nodes.size(), 4U);
  EXPECT_EQ(stats.nodes[2].local_allocations, 4U);
  EXPECT_EQ(stats.nodes[0].remote_allocations, 4U);
  EXPECT_EQ(stats.nodes[0].bytes_in_use, kPerNode);
  give_all(pool, blocks);
}

TEST_F(NumaPools, ThreadsOfNodesWithoutMemoryAreServedFromTheNearest) {
  numa.machine.add_node(4, 0);
  numa.machine.add_processor(4, 4);
  for (int node = 0; node < 4; ++node) numa.machine.set_distance(4, node, node == 3 ? 15 : 40);
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  const OnNode here{4};
  void* const block = pool.allocate(64);
  EXPECT_EQ(pool.node_of(block), 3);
  pool.deallocate(block);
}

TEST_F(NumaPools, InterleavedBlocksAreWithinOnePercentOfEven) {
  NumaPool pool{options_for(NumaPolicy::interleaved), numa};
  std::vector<void*> blocks;
  for (int i = 0; i < 4000; ++i) blocks.push_back(pool.allocate(i % 7 == 0 ? 4096 : 64 << (i % 4)));
  std::size_t all = 0;
  for (const NumaNodeStats& node : pool.stats().nodes) all += node.bytes_in_use;
  for (const NumaNodeStats& node : pool.stats().nodes)
    EXPECT_NEAR(static_cast<double>(node.bytes_in_use), static_cast<double>(all) / 4,
                static_cast<double>(all) / 400);
  give_all(pool, blocks);
}

TEST_F(NumaPools, InterleavedUsesAllMemoryBeforeItFails) {
  NumaPool pool{options_for(NumaPolicy::interleaved), numa};
  const std::vector<void*> blocks = take_all(pool, 256 * kKiB);
  EXPECT_EQ(blocks.size(), 4 * kPerNode / (256 * kKiB));
  give_all(pool, blocks);
}

TEST_F(NumaPools, NodesThatACpusetForbidsHaveNoPart) {
  numa.allowed = os::NodeSet{0b1010};
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  const NumaStats stats = pool.stats();
  ASSERT_EQ(stats.nodes.size(), 2U);
  EXPECT_EQ(stats.nodes[0].node, 1);
  EXPECT_EQ(stats.nodes[1].node, 3);
  void* const block = pool.allocate(64);  // by node 0
  EXPECT_EQ(pool.node_of(block), 1);
  pool.deallocate(block);
}

TEST_F(NumaPools, WhereNothingIsBoundThePoolWorksAndSaysSo) {
  numa.binds = false;
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  EXPECT_FALSE(pool.stats().bound);
  const OnNode here{1};
  void* const block = pool.allocate(64);
  EXPECT_EQ(pool.node_of(block), 1) << "the part it belongs to";
  pool.deallocate(block);
}

TEST_F(NumaPools, RebalanceMovesPiecesToTheNodeThatUsesThem) {
  NumaPool pool{options_for(NumaPolicy::adaptive), numa};
  void* moved = nullptr;
  for (int i = 0; i < 100; ++i) {  // taken here, read there
    moved = pool.allocate(1024);
    const OnNode there{3};
    pool.deallocate(moved);
  }
  EXPECT_EQ(pool.node_of(moved), 0);
  EXPECT_EQ(pool.rebalance(), 64 * kKiB / os::page_bytes());
  EXPECT_EQ(pool.node_of(moved), 3);
  EXPECT_EQ(pool.stats().pages_moved, 64 * kKiB / os::page_bytes());
  EXPECT_EQ(pool.stats().nodes[3].pages_moved_in, 64 * kKiB / os::page_bytes());
}

TEST_F(NumaPools, RebalanceSteersNewBlocksToTheNodeThatFreesThemAndBack) {
  NumaPool pool{options_for(NumaPolicy::adaptive), numa};
  const auto pass_to = [&](int node) {
    for (int i = 0; i < 300; ++i) {
      void* const block = pool.allocate(1024);
      const OnNode there{node};
      pool.deallocate(block);
    }
    pool.rebalance();
  };
  EXPECT_EQ(pool.stats().nodes[0].steered_to, 0);
  pass_to(2);
  EXPECT_EQ(pool.stats().nodes[0].steered_to, 2);
  EXPECT_EQ(pool.stats().nodes[1].steered_to, 1) << "others are served as before";
  pass_to(0);
  pass_to(0);
  EXPECT_EQ(pool.stats().nodes[0].steered_to, 0);
}

TEST_F(NumaPools, PassingVisitorsMoveNothing) {
  NumaPool pool{options_for(NumaPolicy::adaptive), numa};
  for (int i = 0; i < 400; ++i) {
    void* const block = pool.allocate(1024);
    const OnNode there{i % 4};
    pool.deallocate(block);
  }
  EXPECT_EQ(pool.rebalance(), 0U);
  for (const NumaNodeStats& node : pool.stats().nodes) EXPECT_EQ(node.steered_to, node.node);
}

TEST_F(NumaPools, OtherPoliciesDoNotRebalance) {
  for (const NumaPolicy policy : {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::interleaved}) {
    NumaPool pool{options_for(policy), numa};
    for (int i = 0; i < 400; ++i) {
      void* const block = pool.allocate(1024);
      const OnNode there{3};
      pool.deallocate(block);
    }
    EXPECT_EQ(pool.rebalance(), 0U);
  }
}

TEST_F(NumaPools, WrongFreesAreNamed) {
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  auto* const block = static_cast<std::byte*>(pool.allocate(4096));
  int on_stack = 0;
  EXPECT_EQ(pool.try_deallocate(&on_stack).error(), AllocError::foreign_block);
  EXPECT_EQ(pool.try_deallocate(block + 64).error(), AllocError::foreign_block);
  EXPECT_EQ(pool.try_deallocate(block, 8192).error(), AllocError::size_mismatch);
  EXPECT_EQ(pool.try_deallocate(block, SIZE_MAX).error(), AllocError::size_mismatch);
  EXPECT_TRUE(pool.try_deallocate(nullptr));
  EXPECT_TRUE(pool.try_deallocate(block, 4096));
  EXPECT_EQ(pool.try_deallocate(block).error(), AllocError::double_free);
  EXPECT_EQ(pool.usable_size(block), 0U);
  EXPECT_FALSE(pool.owns(&on_stack));
  EXPECT_EQ(pool.node_of(&on_stack), -1);
  MisuseRecorder recorder;
  pool.deallocate(block);
  const auto reported = recorder.take();
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].error, AllocError::double_free);
  EXPECT_EQ(reported[0].pool, "parts");
}

TEST_F(NumaPools, BadRequestsAndOptionsAreNamed) {
  NumaPool pool{options_for(NumaPolicy::preferred), numa};
  EXPECT_EQ(pool.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(pool.try_allocate(1, 3).error(), AllocError::bad_alignment);
  EXPECT_EQ(pool.try_allocate(kPerNode + 1).error(), AllocError::too_large);
  EXPECT_THROW(static_cast<void>(pool.allocate(0)), AllocFailure);
  EXPECT_EQ(NumaPool::create({}, numa).error(), AllocError::bad_option);
  EXPECT_THROW(NumaPool({}, numa), AllocFailure);
  EXPECT_EQ(NumaPool::create({.bytes_per_node = SIZE_MAX / 2}, numa).error(), AllocError::too_large);
}

TEST_F(NumaPools, BlocksInUseAtTheEndAreReported) {
  LeakRecorder recorder;
  {
    NumaPool pool{options_for(NumaPolicy::preferred), numa};
    static_cast<void>(pool.allocate(64));
  }
  const auto reported = recorder.take();
  ASSERT_EQ(reported.size(), 1U);
  EXPECT_EQ(reported[0].pool, "parts");
  EXPECT_EQ(reported[0].blocks, 1U);
}

TEST_F(NumaPools, MovedPoolsKeepTheirBlocks) {
  NumaPool first{options_for(NumaPolicy::preferred), numa};
  void* const block = first.allocate(64);
  NumaPool second{std::move(first)};
  EXPECT_TRUE(second.owns(block));
  NumaPool third{options_for(NumaPolicy::interleaved), numa};
  third = std::move(second);
  third.deallocate(block);
}

TEST_F(NumaPools, ThreadsOfAllNodesTakeAndGiveEachOthersBlocks) {
  NumaPool pool{options_for(NumaPolicy::adaptive), numa};
  constexpr std::size_t kSlots = 64;
  std::vector<std::atomic<void*>> slots(kSlots);
  std::vector<std::thread> threads;
  for (int node = 0; node < 4; ++node) {
    threads.emplace_back([&, node] {
      SimulatedNuma::t_here = node;
      for (std::size_t i = 0; i < 5000; ++i) {
        const Result<void*> fresh = pool.try_allocate(64 << (i % 5));
        void* const before =
            slots[(i * 7 + static_cast<std::size_t>(node)) % kSlots].exchange(fresh.value_or(nullptr));
        pool.deallocate(before);
        if (node == 0 && i % 1000 == 0) pool.rebalance();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::atomic<void*>& slot : slots) pool.deallocate(slot.load());
  std::size_t in_use = 0;
  std::uint64_t taken = 0;
  for (const NumaNodeStats& node : pool.stats().nodes) {
    in_use += node.blocks_in_use;
    taken += node.local_allocations + node.remote_allocations;
  }
  EXPECT_EQ(in_use, 0U);
  EXPECT_EQ(taken + pool.stats().failures, 20000U);
}

TEST(NumaPoolHere, LiesWhereTheKernelSaysOnThisMachine) {
  for (const NumaPolicy policy :
       {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::interleaved, NumaPolicy::adaptive}) {
    NumaPool pool{options_for(policy)};
    auto* const block = static_cast<std::byte*>(pool.allocate(10000));
    block[0] = std::byte{1};
    EXPECT_TRUE(numa::topology().memory_nodes().contains(pool.node_of(block)));
    pool.deallocate(block);
  }
}

}  // namespace
}  // namespace cenote::test
