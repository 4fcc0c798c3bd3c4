/// Where blocks of NUMA pools lie, by the kernel's account alone: on this machine, and on the emulated ones
/// of CMakeLists.txt.
#include <cstring>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

#include "machines/blocks.hpp"
#include "machines/kernel.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kPerNode = std::size_t{8} << 20;

class Placement : public testing::Test {
 protected:
  void SetUp() override {
    int touched = 0;
    if (kernel::node_of(&touched) < 0) GTEST_SKIP() << "this kernel does not say where pages are";
  }
  void TearDown() override { static_cast<void>(affinity::unpin()); }

  /// The nodes that blocks may lie on.
  static os::NodeSet memory() { return os::g_system_numa.allowed_nodes() & machine().memory_nodes(); }
  /// The nodes that threads may run on.
  static os::NodeSet threads() { return kernel::allowed_processor_nodes(); }
  static const Topology& machine() { return numa::topology(); }
  static int nearest_memory(int node) {
    std::array<int, os::kNodesMax> room{};
    for (const int other : machine().by_distance(node, room)) {
      if (memory().contains(other)) return other;
    }
    return -1;
  }
};

TEST_F(Placement, PinnedThreadsGetBlocksOfTheirNode) {
  for (const NumaPolicy policy : {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::adaptive}) {
    NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
    EXPECT_TRUE(pool.stats().bound);
    kernel::for_each(threads(), [&](int node) {
      ASSERT_TRUE(affinity::pin_to_node(node));
      ASSERT_EQ(numa::current_node(), node);
      Blocks blocks{pool};
      for (int i = 0; i < 100; ++i) {
        if (!memory().contains(node) && policy == NumaPolicy::local_only) {
          EXPECT_FALSE(blocks.add(4096));
          continue;
        }
        ASSERT_TRUE(blocks.add(64 << (i % 12)));
        EXPECT_EQ(kernel::node_of(blocks.all().back()), nearest_memory(node));
      }
    });
  }
}

TEST_F(Placement, ThisMachineIsAsTheKernelSays) {
  EXPECT_EQ(os::g_system_numa.allowed_nodes(), kernel::allowed_nodes());
  EXPECT_EQ(machine().nodes(), kernel::nodes_listed(kernel::first_line("/sys/devices/system/node/online")));
  EXPECT_EQ(machine().memory_nodes(),
            kernel::nodes_listed(kernel::first_line("/sys/devices/system/node/has_memory")));
  EXPECT_EQ(machine().processor_nodes(),
            kernel::nodes_listed(kernel::first_line("/sys/devices/system/node/has_cpu")));
  EXPECT_EQ(machine().processor_count(), ::sysconf(_SC_NPROCESSORS_ONLN));
  const cpu_set_t processors = kernel::allowed_processors();
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &processors)) continue;
    ASSERT_TRUE(affinity::pin_to_cpu(processor));
    EXPECT_EQ(machine().node_of_processor(processor), kernel::current_node());
    EXPECT_EQ(numa::current_node(), kernel::current_node());
  }
}

TEST_F(Placement, NodeOfIsRightForEveryPageOfEveryBlockInEveryLayout) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  for (const NumaPolicy policy :
       {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::interleaved, NumaPolicy::adaptive}) {
    for (const PageKind pages : {PageKind::normal, PageKind::transparent_huge, PageKind::huge_2mib}) {
      NumaPool pool{{.bytes_per_node = kHugePage, .policy = policy, .pages = pages}};
      Blocks blocks{pool};
      kernel::for_each(threads(), [&](int node) {
        ASSERT_TRUE(affinity::pin_to_node(node));
        while (blocks.add(100'000) && blocks.add(5000) && blocks.add(300)) {
        }
      });
      for (void* const block : blocks.all()) {
        for (std::size_t offset = 0; offset < pool.usable_size(block); offset += os::page_bytes()) {
          const std::byte* const page = static_cast<std::byte*>(block) + offset;
          ASSERT_EQ(pool.node_of(page), kernel::node_of(page)) << static_cast<int>(pages);
        }
      }
    }
  }
}

TEST_F(Placement, AllPartsAreUsedUpBeforeAPoolIsExhausted) {
  for (const NumaPolicy policy : {NumaPolicy::preferred, NumaPolicy::interleaved, NumaPolicy::adaptive}) {
    NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
    Blocks blocks{pool};
    while (blocks.add_start(1 << 20)) {
    }
    EXPECT_EQ(blocks.all().size(), static_cast<std::size_t>(memory().count()) * (kPerNode >> 20));
  }
}

TEST_F(Placement, InterleavedBytesAreWithinOnePercentOfEven) {
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::interleaved}};
  Blocks blocks{pool};
  std::map<int, std::size_t> bytes;
  std::size_t all = 0;
  for (int i = 0; i < 1000 * memory().count(); ++i) {
    const std::size_t size = std::size_t{4096} << (i % 2);
    ASSERT_TRUE(blocks.add(size));
    bytes[kernel::node_of(blocks.all().back())] += size;
    all += size;
  }
  const double even = static_cast<double>(all) / memory().count();
  kernel::for_each(
      memory(), [&](int node) { EXPECT_NEAR(static_cast<double>(bytes[node]), even, even / 100) << node; });
}

TEST_F(Placement, PreferredGoesOnWithTheNearestNodeThatHasRoom) {
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::preferred}};
  kernel::for_each(threads(), [&](int node) {
    ASSERT_TRUE(affinity::pin_to_node(node));
    Blocks blocks{pool};
    while (blocks.add_start(1 << 20)) {
    }
    std::vector<int> expected;
    std::array<int, os::kNodesMax> room{};
    for (const int other : machine().by_distance(node, room)) {
      if (memory().contains(other)) expected.insert(expected.end(), kPerNode >> 20, other);
    }
    ASSERT_EQ(blocks.all().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(kernel::node_of(blocks.all()[i]), expected[i]) << i;
  });
}

TEST_F(Placement, RebalanceMovesPagesToWhereTheyAreUsed) {
  const int home = (threads() & memory()).first();
  const int user = (threads() & memory()).next(home);
  if (user < 0) GTEST_SKIP() << "one node with processors and memory: nothing to move between";
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::adaptive}};
  ASSERT_TRUE(affinity::pin_to_node(home));
  void* kept = pool.allocate(4096);  // in the same piece as those that are passed
  std::memset(kept, 42, 4096);
  for (int i = 0; i < 100; ++i) {
    void* const passed = pool.allocate(4096);
    ASSERT_TRUE(affinity::pin_to_node(user));
    pool.deallocate(passed);
    ASSERT_TRUE(affinity::pin_to_node(home));
  }
  EXPECT_EQ(kernel::node_of(kept), home);
  EXPECT_GT(pool.rebalance(), 0U);
  EXPECT_EQ(kernel::node_of(kept), user);
  EXPECT_EQ(pool.node_of(kept), user);
  EXPECT_EQ(static_cast<unsigned char*>(kept)[4095], 42);
  void* const steered = pool.allocate(4096);
  std::memset(steered, 1, 4096);
  EXPECT_EQ(kernel::node_of(steered), user);
  pool.deallocate(steered);
  pool.deallocate(kept);
}

TEST_F(Placement, PurgedPagesComeBackOnTheirNode) {
  kernel::for_each(memory(), [&](int node) {
    const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
    ASSERT_TRUE(os::g_system_numa.bind(region, os::NodeSet::of(node), os::Placement::strict));
    for (int round = 0; round < 3; ++round) {
      std::memset(region.start, 1, region.bytes);
      EXPECT_EQ(kernel::node_of(region.start), node);
      ASSERT_TRUE(os::g_system_memory.purge(region));
    }
    os::g_system_memory.release(region);
  });
}

}  // namespace
}  // namespace cenote::test
