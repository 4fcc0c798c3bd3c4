/// Where blocks of NUMA pools lie, by the kernel's account alone: on this machine, and on the emulated ones of CMakeLists.txt.
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/numa/numa_pool.hpp>
#include <cenote/os/affinity.hpp>
#include <cenote/os/system.hpp>

namespace cenote::test {
namespace {

constexpr std::size_t kPerNode = std::size_t{16} << 20;

/// Another call than the one that the library asks.
int node_by_kernel(const void* address) {
  int node = -1;
  const long done = ::syscall(SYS_get_mempolicy, &node, nullptr, 0UL, address, MPOL_F_NODE | MPOL_F_ADDR);
  return done == 0 ? node : -1;
}

class Placement : public testing::Test {
 protected:
  void SetUp() override {
    int touched = 0;
    if (node_by_kernel(&touched) < 0) GTEST_SKIP() << "this kernel does not say where pages are";
  }
  void TearDown() override { static_cast<void>(affinity::unpin()); }

  /// The nodes that blocks may lie on.
  static os::NodeSet memory() { return os::g_system_numa.allowed_nodes() & machine().memory_nodes(); }
  static const Topology& machine() { return numa::topology(); }
  template <class Visit>
  static void for_each(os::NodeSet nodes, Visit visit) {
    for (int node = nodes.first(); node >= 0; node = nodes.next(node)) visit(node);
  }
  static int nearest_memory(int node) {
    std::array<int, os::kNodesMax> room{};
    for (const int other : machine().by_distance(node, room)) {
      if (memory().contains(other)) return other;
    }
    return -1;
  }
};

/// Blocks of one pool, each written to all over.
class Blocks {
 public:
  explicit Blocks(NumaPool& pool) : pool_{pool} {}
  ~Blocks() {
    for (void* const block : blocks_) pool_.deallocate(block);
  }
  Blocks(const Blocks&) = delete;
  Blocks& operator=(const Blocks&) = delete;

  bool add(std::size_t bytes) {
    const Result<void*> block = pool_.try_allocate(bytes);
    if (!block) return false;
    std::memset(*block, 1, bytes);
    blocks_.push_back(*block);
    return true;
  }
  const std::vector<void*>& all() const { return blocks_; }

 private:
  NumaPool& pool_;
  std::vector<void*> blocks_;
};

TEST_F(Placement, PinnedThreadsGetBlocksOfTheirNode) {
  for (const NumaPolicy policy : {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::adaptive}) {
    NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
    EXPECT_TRUE(pool.stats().bound);
    for_each(machine().processor_nodes(), [&](int node) {
      ASSERT_TRUE(affinity::pin_to_node(node));
      ASSERT_EQ(numa::current_node(), node);
      Blocks blocks{pool};
      for (int i = 0; i < 100; ++i) {
        if (!memory().contains(node) && policy == NumaPolicy::local_only) {
          EXPECT_FALSE(blocks.add(4096));
          continue;
        }
        ASSERT_TRUE(blocks.add(64 << (i % 12)));
        EXPECT_EQ(node_by_kernel(blocks.all().back()), nearest_memory(node));
      }
    });
  }
}

TEST_F(Placement, NodeOfIsRightForEveryBlockInEveryLayout) {
  for (const NumaPolicy policy : {NumaPolicy::preferred, NumaPolicy::interleaved, NumaPolicy::adaptive}) {
    NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
    Blocks blocks{pool};
    while (blocks.add(100'000)) {
    }
    EXPECT_EQ(blocks.all().size(), static_cast<std::size_t>(memory().count()) * kPerNode / (128 * 1024));
    for (const void* const block : blocks.all()) ASSERT_EQ(pool.node_of(block), node_by_kernel(block));
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
    bytes[node_by_kernel(blocks.all().back())] += size;
    all += size;
  }
  const double even = static_cast<double>(all) / memory().count();
  for_each(memory(),
           [&](int node) { EXPECT_NEAR(static_cast<double>(bytes[node]), even, even / 100) << node; });
}

TEST_F(Placement, PreferredGoesOnWithTheNearestNodeThatHasRoom) {
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::preferred}};
  for_each(machine().processor_nodes(), [&](int node) {
    ASSERT_TRUE(affinity::pin_to_node(node));
    Blocks blocks{pool};
    while (blocks.add(1 << 20)) {
    }
    std::vector<int> expected;
    std::array<int, os::kNodesMax> room{};
    for (const int other : machine().by_distance(node, room)) {
      if (memory().contains(other)) expected.insert(expected.end(), kPerNode >> 20, other);
    }
    ASSERT_EQ(blocks.all().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
      EXPECT_EQ(node_by_kernel(blocks.all()[i]), expected[i]) << i;
  });
}

TEST_F(Placement, RebalanceMovesPagesToWhereTheyAreUsed) {
  const int home = (machine().processor_nodes() & memory()).first();
  const int user = (machine().processor_nodes() & memory()).next(home);
  if (user < 0) GTEST_SKIP() << "one node with processors and memory: nothing to move between";
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::adaptive}};
  ASSERT_TRUE(affinity::pin_to_node(home));
  void* kept = pool.allocate(4096);  // in the same piece as those that are passed
  std::memset(kept, 42, 4096);
  for (int i = 0; i < 400; ++i) {
    void* const passed = pool.allocate(4096);
    ASSERT_TRUE(affinity::pin_to_node(user));
    pool.deallocate(passed);
    ASSERT_TRUE(affinity::pin_to_node(home));
  }
  EXPECT_EQ(node_by_kernel(kept), home);
  EXPECT_GT(pool.rebalance(), 0U);
  EXPECT_EQ(node_by_kernel(kept), user);
  EXPECT_EQ(pool.node_of(kept), user);
  EXPECT_EQ(static_cast<unsigned char*>(kept)[4095], 42);
  void* const steered = pool.allocate(4096);
  std::memset(steered, 1, 4096);
  EXPECT_EQ(node_by_kernel(steered), user);
  pool.deallocate(steered);
  pool.deallocate(kept);
}

TEST_F(Placement, PurgedPagesComeBackOnTheirNode) {
  for_each(memory(), [&](int node) {
    const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
    ASSERT_TRUE(os::g_system_numa.bind(region, os::NodeSet::of(node), os::Placement::strict));
    for (int round = 0; round < 3; ++round) {
      std::memset(region.start, 1, region.bytes);
      EXPECT_EQ(node_by_kernel(region.start), node);
      ASSERT_TRUE(os::g_system_memory.purge(region));
    }
    os::g_system_memory.release(region);
  });
}

}  // namespace
}  // namespace cenote::test
