/// What Windows says of this machine, whatever it is.
#include <windows.h>

#include <cstring>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/topology.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

SystemNuma& numa_now = g_system_numa;

GROUP_AFFINITY affinity_now() {
  GROUP_AFFINITY now{};
  EXPECT_NE(::GetThreadGroupAffinity(::GetCurrentThread(), &now), 0);
  return now;
}

TEST(WindowsTopology, HasTheProcessorsThatAreActive) {
  EXPECT_EQ(numa::topology().processor_count(),
            static_cast<int>(::GetActiveProcessorCount(ALL_PROCESSOR_GROUPS)));
  EXPECT_LE(processors(), static_cast<unsigned>(numa::topology().processor_count()));
}

TEST(WindowsNuma, AllowedNodesHaveMemory) {
  const NodeSet nodes = numa_now.allowed_nodes();
  ASSERT_FALSE(nodes.empty());
  EXPECT_EQ(nodes, numa_now.topology().memory_nodes());
  EXPECT_GT(numa_now.topology().memory_bytes(nodes.first()), std::size_t{1} << 20);
  EXPECT_GT(numa_now.free_bytes(nodes.first()), 0U);
  EXPECT_EQ(numa_now.free_bytes(kNodesMax), 0U);
  EXPECT_EQ(numa_now.free_bytes(-1), 0U);
}

TEST(WindowsNuma, APageIsNowhereUntilItIsTouched) {
  const Region region = g_system_memory.map(4 * page_bytes(), page_bytes());
  EXPECT_EQ(numa_now.node_of(region.start).error(), AllocError::foreign_block);
  region.start[0] = std::byte{1};
  const Result<int> node = numa_now.node_of(region.start + 100);
  ASSERT_TRUE(node);
  EXPECT_TRUE(numa_now.topology().memory_nodes().contains(*node));
  g_system_memory.release(region);
}

TEST(WindowsNuma, PagesCannotBeBoundOrMoved) {
  const Region region = g_system_memory.map(4 * page_bytes(), page_bytes());
  std::memset(region.start, 7, region.bytes);
  const NodeSet nodes = numa_now.allowed_nodes();
  for (const Placement placement : {Placement::strict, Placement::preferred, Placement::interleaved}) {
    EXPECT_EQ(numa_now.bind(region, nodes, placement).error(), AllocError::unsupported);
    EXPECT_EQ(numa_now.bind(region, NodeSet{}, placement).error(), AllocError::bad_option);
  }
  EXPECT_EQ(numa_now.move(region, nodes.first()).error(), AllocError::unsupported);
  EXPECT_EQ(numa_now.move(region, -1).error(), AllocError::bad_option);
  EXPECT_EQ(region.start[region.bytes - 1], std::byte{7});
  g_system_memory.release(region);
}

TEST(WindowsAffinity, PinnedThreadsRunWhereTheyAreTold) {
  std::thread{[] {
    const GROUP_AFFINITY before = affinity_now();
    for (int processor = 0; processor < Topology::kProcessorsMax; ++processor) {
      if (numa::topology().node_of_processor(processor) < 0) continue;
      ASSERT_TRUE(affinity::pin_to_cpu(processor)) << processor;
      PROCESSOR_NUMBER here{};
      ::GetCurrentProcessorNumberEx(&here);
      EXPECT_EQ(processor_number(here.Group, here.Number), processor);
      EXPECT_EQ(numa::current_node(), numa::topology().node_of_processor(processor));
    }
    ASSERT_TRUE(affinity::unpin());
    const GROUP_AFFINITY after = affinity_now();
    EXPECT_EQ(before.Mask, after.Mask);
    EXPECT_EQ(before.Group, after.Group);
  }}.join();
}

TEST(WindowsAffinity, PinnedToANodeAThreadRunsOnItsProcessors) {
  std::thread{[] {
    const Topology& machine = numa::topology();
    for (int node = machine.processor_nodes().first(); node >= 0;
         node = machine.processor_nodes().next(node)) {
      ASSERT_TRUE(affinity::pin_to_node(node));
      EXPECT_EQ(numa::current_node(), node);
    }
    ASSERT_TRUE(affinity::unpin());
  }}.join();
}

TEST(WindowsAffinity, WhatDoesNotExistIsRefusedAndChangesNothing) {
  const GROUP_AFFINITY before = affinity_now();
  ::SetLastError(42);
  for (const int processor : {-1, Topology::kProcessorsMax - 1, Topology::kProcessorsMax, 1 << 30})
    EXPECT_EQ(affinity::pin_to_cpu(processor).error(), AllocError::bad_option) << processor;
  for (const int node : {-1, kNodesMax - 1, kNodesMax, 1 << 30})
    EXPECT_EQ(affinity::pin_to_node(node).error(), AllocError::bad_option) << node;
  EXPECT_EQ(::GetLastError(), DWORD{42});
  EXPECT_EQ(affinity_now().Mask, before.Mask);
}

}  // namespace
}  // namespace cenote::os
