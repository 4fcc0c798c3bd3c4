/// The kernel's own answers on this machine, whatever it is. Placement on several nodes: tests/machines.
#include <sched.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/topology.hpp>

namespace cenote::os {
namespace {

class SystemNumaTest : public testing::Test {
 protected:
  static constexpr std::size_t kPages = 1030;  // more than two batches of a move

  void SetUp() override {
    region = g_system_memory.map(kPages * page_bytes(), page_bytes());
    ASSERT_TRUE(region);
    std::byte probe{};
    if (const Result<int> node = g_system_numa.node_of(&probe); !node)
      GTEST_SKIP() << "this kernel does not say where pages are: " << to_string(node.error());
    errno = 42;
  }
  void TearDown() override {
    if (!IsSkipped()) {
      EXPECT_EQ(errno, 42) << "the program's errno was changed";
    }
    if (region) g_system_memory.release(region);
  }

  template <class Visit>
  void for_each_allowed(Visit visit) {
    const NodeSet nodes = numa.allowed_nodes();
    for (int node = nodes.first(); node >= 0; node = nodes.next(node)) visit(node);
  }
  std::size_t pages_on(int node) {
    std::size_t pages = 0;
    for (std::size_t page = 0; page < kPages; ++page) {
      if (numa.node_of(region.start + page * page_bytes()).value() == node) ++pages;
    }
    return pages;
  }

  Region region;
  SystemNuma& numa = g_system_numa;
};

TEST_F(SystemNumaTest, AllowedNodesHaveMemory) {
  EXPECT_FALSE(numa.allowed_nodes().empty());
  EXPECT_EQ(numa.allowed_nodes() & numa.topology().nodes(), numa.allowed_nodes());
}

TEST_F(SystemNumaTest, APageIsNowhereUntilItIsTouched) {
  const Result<int> before = numa.node_of(region.start);
  ASSERT_FALSE(before);
  EXPECT_EQ(before.error(), AllocError::foreign_block);
  region.start[0] = std::byte{1};
  const Result<int> after = numa.node_of(region.start + 100);
  ASSERT_TRUE(after);
  EXPECT_TRUE(numa.topology().memory_nodes().contains(*after));
}

TEST_F(SystemNumaTest, BoundPagesLieOnTheirNode) {
  for_each_allowed([&](int node) {
    for (const Placement placement : {Placement::strict, Placement::preferred, Placement::interleaved}) {
      ASSERT_TRUE(numa.bind(region, NodeSet::of(node), placement));
      std::memset(region.start, 1, region.bytes);
      EXPECT_EQ(pages_on(node), kPages);
      ASSERT_TRUE(g_system_memory.purge(region));
    }
  });
}

TEST_F(SystemNumaTest, InterleavedPagesLieOnAllNodesAlike) {
  const NodeSet nodes = numa.allowed_nodes();
  ASSERT_TRUE(numa.bind(region, nodes, Placement::interleaved));
  std::memset(region.start, 1, region.bytes);
  const std::size_t share = kPages / static_cast<std::size_t>(nodes.count());
  for_each_allowed([&](int node) {
    EXPECT_GE(pages_on(node), share) << node;
    EXPECT_LE(pages_on(node), share + 1) << node;
  });
}

TEST_F(SystemNumaTest, MovedPagesKeepTheirBytesAndLieWhereTheyWereMoved) {
  for (std::size_t page = 0; page < kPages; ++page)
    std::memset(region.start + page * page_bytes(), static_cast<int>(page % 251), page_bytes());
  for_each_allowed([&](int node) {
    const std::size_t there = pages_on(node);
    EXPECT_EQ(numa.move(region, node).value(), kPages - there);
    EXPECT_EQ(pages_on(node), kPages);
  });
  for (std::size_t page = 0; page < kPages; ++page)
    ASSERT_EQ(region.start[page * page_bytes() + 17], std::byte(page % 251)) << page;
}

TEST_F(SystemNumaTest, NodesWithoutMemoryAreRefused) {
  EXPECT_EQ(numa.bind(region, NodeSet{}, Placement::strict).error(), AllocError::bad_option);
  EXPECT_EQ(numa.bind(region, NodeSet::of(kNodesMax - 1), Placement::strict).error(), AllocError::bad_option);
  EXPECT_EQ(numa.move(region, kNodesMax - 1).error(), AllocError::bad_option);
  EXPECT_EQ(numa.move(region, -1).error(), AllocError::bad_option);
}

TEST_F(SystemNumaTest, PagesThatAreThereAlreadyDoNotMove) {
  std::memset(region.start, 7, region.bytes);
  EXPECT_EQ(numa.move(region, numa.node_of(region.start).value()).value(), 0U);
  EXPECT_EQ(region.start[region.bytes - 1], std::byte{7});
}

TEST(Affinity, PinnedThreadsRunWhereTheyAreTold) {
  std::thread{[] {
    cpu_set_t before;
    ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
    for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
      if (!CPU_ISSET(processor, &before)) continue;
      ASSERT_TRUE(affinity::pin_to_cpu(processor));
      EXPECT_EQ(::sched_getcpu(), processor);
      EXPECT_EQ(numa::current_node(), numa::topology().node_of_processor(processor));
    }
    ASSERT_TRUE(affinity::unpin());
    cpu_set_t after;
    ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
  }}.join();
}

TEST(Affinity, PinnedToANodeAThreadRunsOnItsProcessors) {
  std::thread{[] {
    const Topology& machine = numa::topology();
    for (int node = machine.processor_nodes().first(); node >= 0;
         node = machine.processor_nodes().next(node)) {
      ASSERT_TRUE(affinity::pin_to_node(node));
      EXPECT_EQ(machine.node_of_processor(::sched_getcpu()), node);
    }
    ASSERT_TRUE(affinity::unpin());
  }}.join();
}

TEST(Affinity, WhatDoesNotExistIsRefusedAndChangesNothing) {
  cpu_set_t before, after;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  errno = 42;
  for (const int processor : {-1, Topology::kProcessorsMax - 1, Topology::kProcessorsMax, 1 << 30})
    EXPECT_EQ(affinity::pin_to_cpu(processor).error(), AllocError::bad_option) << processor;
  for (const int node : {-1, kNodesMax - 1, kNodesMax, 1 << 30})
    EXPECT_EQ(affinity::pin_to_node(node).error(), AllocError::bad_option) << node;
  EXPECT_EQ(errno, 42);
  ASSERT_EQ(::sched_getaffinity(0, sizeof after, &after), 0);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace cenote::os
