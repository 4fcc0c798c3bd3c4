/// A cpuset that forbids nodes or processors, from the start and while the program runs.
///
/// Source      Linux's Documentation/admin-guide/cgroup-v2.rst, "Cpuset", and cgroup-v1/cpusets.rst.
#include <array>
#include <cstring>
#include <filesystem>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

#include "machines/blocks.hpp"
#include "machines/emulated.hpp"
#include "machines/kernel.hpp"

namespace cenote::test {
namespace {

constexpr std::array kPolicies = {NumaPolicy::local_only, NumaPolicy::preferred, NumaPolicy::interleaved,
                                  NumaPolicy::adaptive};
constexpr std::array kPlacements = {os::Placement::strict, os::Placement::preferred,
                                    os::Placement::interleaved};
constexpr std::size_t kPerNode = std::size_t{1} << 20;

class Cpuset : public Emulated {
 protected:
  void SetUp() override {
    Emulated::SetUp();
    if (IsSkipped()) return;
    const bool is_version_2 = std::filesystem::exists("/sys/fs/cgroup/cgroup.controllers");
    if (is_version_2) {
      ASSERT_TRUE(tell("/sys/fs/cgroup/cgroup.subtree_control", "+cpuset"));
    }
    ASSERT_EQ(::mkdir(kGroup.c_str(), 0755), 0);
    if (!is_version_2) {
      ASSERT_TRUE(tell(kGroup + "/cpuset.memory_migrate", "1"));
      ASSERT_TRUE(tell(kGroup + "/cpuset.mems", kernel::first_line("/sys/devices/system/node/has_memory")));
      ASSERT_TRUE(tell(kGroup + "/cpuset.cpus", kernel::first_line("/sys/devices/system/cpu/online")));
    }
    ASSERT_TRUE(tell(kGroup + "/cgroup.procs", "0"));
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_TRUE(affinity::unpin());
    EXPECT_TRUE(tell("/sys/fs/cgroup/cgroup.procs", "0"));
    EXPECT_EQ(::rmdir(kGroup.c_str()), 0);
  }

  /// From now on this process may use the memory of these nodes only.
  static void allow(os::NodeSet nodes) {
    std::string list;
    kernel::for_each(nodes, [&](int node) { list += std::to_string(node) + ","; });
    ASSERT_TRUE(tell(kGroup + "/cpuset.mems", list + "\n"));
    ASSERT_EQ(kernel::allowed_nodes(), nodes);
  }
  /// And run on their processors only.
  static void allow_processors_of(os::NodeSet nodes) {
    std::string list;
    kernel::for_each(nodes, [&](int node) { list += cpulist(node) + ","; });
    ASSERT_TRUE(tell(kGroup + "/cpuset.cpus", list + "\n"));
    ASSERT_EQ(kernel::allowed_processor_nodes(), nodes);
  }
  static std::string cpulist(int node) {
    return kernel::first_line("/sys/devices/system/node/node" + std::to_string(node) + "/cpulist");
  }
  static os::NodeSet all_but(os::NodeSet nodes, int node) {
    nodes.erase(node);
    return nodes;
  }
  static int last_of(os::NodeSet nodes) {
    int last = -1;
    kernel::for_each(nodes, [&](int node) { last = node; });
    return last;
  }

  inline static const std::string kGroup = "/sys/fs/cgroup/cenote";
  os::NodeSet memory = kernel::allowed_nodes();
  os::NodeSet threads = kernel::allowed_processor_nodes();
};

/// Where there is another node to be forbidden.
class CpusetOfSome : public Cpuset {
 protected:
  void SetUp() override {
    if (memory.count() < 2) GTEST_SKIP() << "one node with memory: none could be forbidden";
    Cpuset::SetUp();
  }
  int kept = memory.first(), forbidden = last_of(memory);
};

class CpusetOfSomeProcessors : public Cpuset {
 protected:
  void SetUp() override {
    if (threads.count() < 2) GTEST_SKIP() << "one node with processors: none could be forbidden";
    Cpuset::SetUp();
  }
  int kept = threads.first(), forbidden = last_of(threads);
};

TEST_F(Cpuset, SaysWhichNodesAreAllowed) {
  const int first = memory.first(), last = last_of(memory);
  for (const os::NodeSet nodes : {os::NodeSet::of(last), all_but(memory, last), all_but(memory, first)}) {
    if (nodes.empty()) continue;
    allow(nodes);
    EXPECT_EQ(os::g_system_numa.allowed_nodes(), nodes);
  }
}

TEST_F(Cpuset, PoolsHavePartsOnAllowedNodesOnly) {
  for (const int node : {memory.first(), last_of(memory)}) {
    allow(os::NodeSet::of(node));
    for (const NumaPolicy policy : kPolicies) {
      NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
      const NumaStats stats = pool.stats();
      ASSERT_EQ(stats.nodes.size(), 1U);
      EXPECT_EQ(stats.nodes[0].node, node);
      EXPECT_TRUE(stats.bound);
      kernel::for_each(threads, [&](int thread) {
        ASSERT_TRUE(affinity::pin_to_node(thread));
        Blocks blocks{pool};
        EXPECT_EQ(blocks.add(50'000), thread == node || policy != NumaPolicy::local_only);
        for (const void* const block : blocks.all()) {
          EXPECT_EQ(kernel::node_of(block), node);
          EXPECT_EQ(pool.node_of(block), node);
        }
      });
    }
  }
}

TEST_F(CpusetOfSome, ForbiddenNodesAreBadOptions) {
  allow(all_but(memory, forbidden));
  const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
  for (const os::Placement placement : kPlacements) {
    EXPECT_EQ(os::g_system_numa.bind(region, os::NodeSet::of(forbidden), placement).error(),
              AllocError::bad_option);
  }
  std::memset(region.start, 1, region.bytes);
  EXPECT_EQ(os::g_system_numa.move(region, forbidden).error(), AllocError::bad_option);
  EXPECT_NE(kernel::node_of(region.start), forbidden);
  os::g_system_memory.release(region);
}

TEST_F(CpusetOfSome, OfSeveralNodesTheAllowedOnesAreBoundTo) {
  allow(os::NodeSet::of(kept));
  for (const os::Placement placement : {os::Placement::strict, os::Placement::interleaved}) {
    const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
    EXPECT_TRUE(os::g_system_numa.bind(region, memory, placement));
    std::memset(region.start, 1, region.bytes);
    for (std::byte* page = region.start; page < region.end(); page += os::page_bytes())
      EXPECT_EQ(kernel::node_of(page), kept);
    os::g_system_memory.release(region);
  }
}

TEST_F(CpusetOfSomeProcessors, ForbiddenProcessorsAreBadOptionsAndNothingChanges) {
  allow_processors_of(all_but(threads, forbidden));
  const cpu_set_t before = kernel::allowed_processors();
  EXPECT_EQ(affinity::pin_to_node(forbidden).error(), AllocError::bad_option);
  kernel::for_each_listed(cpulist(forbidden), [](int processor) {
    EXPECT_EQ(affinity::pin_to_cpu(processor).error(), AllocError::bad_option);
  });
  cpu_set_t after = kernel::allowed_processors();
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
  ASSERT_TRUE(affinity::pin_to_node(kept));
  EXPECT_EQ(kernel::current_node(), kept);
  ASSERT_TRUE(affinity::unpin());
  after = kernel::allowed_processors();
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

TEST_F(CpusetOfSome, PlacementIsAsEverInside) {
  allow(all_but(memory, kept));
  if (threads.count() > 1) allow_processors_of(all_but(threads, last_of(threads)));
  EXPECT_EQ(run_afresh("Placement.*"), 0);
}

// --- a cpuset that changes ---------------------------------------------------------------------------------

TEST_F(CpusetOfSome, BlocksFollowTheCpusetAndKeepTheirBytes) {
  for (const NumaPolicy policy : kPolicies) {
    NumaPool pool{{.bytes_per_node = kPerNode, .policy = policy}};
    Blocks blocks{pool};
    const auto add_from_all = [&] {
      kernel::for_each(threads, [&](int thread) {
        ASSERT_TRUE(affinity::pin_to_node(thread));
        for (int i = 0; i < 4; ++i)
          EXPECT_EQ(blocks.add(50'000), memory.contains(thread) || policy != NumaPolicy::local_only);
      });
    };
    add_from_all();
    allow(os::NodeSet::of(kept));
    add_from_all();  // from all parts still, whose pages come from the node that is left
    for (const void* const block : blocks.all()) {
      EXPECT_EQ(kernel::node_of(block), kept);
      EXPECT_EQ(pool.node_of(block), kept);
      EXPECT_EQ(static_cast<const char*>(block)[49'999], Blocks::kFill);
    }
    allow(memory);
  }
}

TEST_F(CpusetOfSome, BoundPagesComeFromTheirNodeAgainWhenItIsAllowedAgain) {
  for (const os::Placement placement : kPlacements) {
    const os::Region region = os::g_system_memory.map(64 * os::page_bytes(), os::page_bytes());
    ASSERT_TRUE(os::g_system_numa.bind(region, os::NodeSet::of(forbidden), placement));
    for (const bool is_allowed : {true, false, true}) {
      allow(is_allowed ? memory : os::NodeSet::of(kept));
      ASSERT_TRUE(os::g_system_memory.purge(region));
      std::memset(region.start, 1, region.bytes);
      EXPECT_EQ(kernel::node_of(region.start), is_allowed ? forbidden : kept);
    }
    os::g_system_memory.release(region);
  }
}

TEST_F(CpusetOfSome, RebalanceMovesNothingToANodeThatIsForbiddenByNow) {
  const int home = (threads & memory).first(), user = last_of(threads & memory);
  if (home == user) GTEST_SKIP() << "one node with processors and memory: nothing to move between";
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::adaptive}};
  ASSERT_TRUE(affinity::pin_to_node(home));
  Blocks blocks{pool};
  ASSERT_TRUE(blocks.add(4096));
  for (int i = 0; i < 100; ++i) {
    void* const passed = pool.allocate(4096);
    ASSERT_TRUE(affinity::pin_to_node(user));
    pool.deallocate(passed);
    ASSERT_TRUE(affinity::pin_to_node(home));
  }
  allow(all_but(memory, user));
  EXPECT_EQ(pool.rebalance(), 0U);
  EXPECT_EQ(kernel::node_of(blocks.all().front()), home);
}

TEST_F(CpusetOfSomeProcessors, PinnedThreadsGoOnWhereTheyStillMay) {
  NumaPool pool{{.bytes_per_node = kPerNode, .policy = NumaPolicy::preferred}};
  ASSERT_TRUE(affinity::pin_to_node(forbidden));
  allow_processors_of(os::NodeSet::of(kept));
  EXPECT_EQ(kernel::current_node(), kept);
  EXPECT_EQ(numa::current_node(), kept);
  Blocks blocks{pool};
  ASSERT_TRUE(blocks.add(50'000));
  if (memory.contains(kept)) {
    EXPECT_EQ(kernel::node_of(blocks.all().front()), kept);
  }
}

}  // namespace
}  // namespace cenote::test
