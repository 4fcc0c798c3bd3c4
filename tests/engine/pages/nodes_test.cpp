#include <gtest/gtest.h>

#include <cenote/detail/placement.hpp>
#include <cenote/detail/system.hpp>

#include "support/simulated_numa.hpp"

namespace cenote {
namespace {

using test::OnNode;
using test::SimulatedNuma;

TEST(Nodes, OfAMachineWithOneAskNobodyAndBindNothing) {
  SimulatedNuma machine{1};
  Nodes nodes{machine};
  const OnNode nowhere{7};
  EXPECT_EQ(nodes.place_for({}), Place{});
  EXPECT_FALSE(nodes.several());
  const os::Region region = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  nodes.bind(region, Place{});
  EXPECT_FALSE(machine.node_of(region.start));
  os::g_system_memory.release(region);
}

TEST(Nodes, GiveAThreadWhatIsNextToIt) {
  SimulatedNuma machine{4};
  Nodes nodes{machine};
  for (int node = 0; node < 4; ++node) {
    const OnNode here{node};
    EXPECT_EQ(nodes.place_for({}), (Place{node, PageKind::normal}));
    EXPECT_EQ(nodes.place_for({PageKind::transparent_huge}), (Place{node, PageKind::transparent_huge}));
  }
  EXPECT_TRUE(nodes.several());
}

TEST(Nodes, GiveAnyThreadTheNodeThatIsWishedFor) {
  SimulatedNuma machine{4};
  Nodes nodes{machine};
  const OnNode here{1};
  EXPECT_EQ(nodes.place_for({.node = 3}).node(), 3);
}

TEST(Nodes, WithoutMemoryAreServedByTheNearest) {
  SimulatedNuma machine{4};
  machine.machine = Topology{};
  for (int node = 0; node < 4; ++node) {
    machine.machine.add_node(node, node < 2 ? std::size_t{1} << 30 : 0);
    machine.machine.add_processor(node, node);
  }
  machine.machine.set_distance(2, 0, 30);
  machine.machine.set_distance(2, 1, 15);
  machine.machine.set_distance(3, 0, 15);
  machine.machine.set_distance(3, 1, 30);
  Nodes nodes{machine};
  const int expected[] = {0, 1, 1, 0};
  for (int node = 0; node < 4; ++node) {
    const OnNode here{node};
    EXPECT_EQ(nodes.place_for({}).node(), expected[node]) << node;
  }
}

TEST(Nodes, ThatAreForbiddenAreReplacedByTheNearest) {
  SimulatedNuma machine{4};
  machine.allowed = os::NodeSet::of(1) | os::NodeSet::of(3);
  Nodes nodes{machine};
  const int expected[] = {1, 1, 1, 3};
  for (int node = 0; node < 4; ++node) {
    const OnNode here{node};
    EXPECT_EQ(nodes.place_for({}).node(), expected[node]) << node;
  }
}

TEST(Nodes, OfWhichOneIsAllowedAreAsOne) {
  SimulatedNuma machine{4};
  machine.allowed = os::NodeSet::of(2);
  Nodes nodes{machine};
  const OnNode here{3};
  EXPECT_EQ(nodes.place_for({}), Place{});
  EXPECT_FALSE(nodes.several());
}

TEST(Nodes, NobodyHasHeardOfAreTheFirst) {
  SimulatedNuma machine{4};
  Nodes nodes{machine};
  const OnNode here{-1};
  EXPECT_EQ(nodes.place_for({}).node(), 0);
}

TEST(Nodes, BindPreferably) {
  SimulatedNuma machine{4};
  Nodes nodes{machine};
  const OnNode here{2};
  const Place place = nodes.place_for({});
  const os::Region region = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  nodes.bind(region, place);
  EXPECT_EQ(machine.node_of(region.start).value(), 2);
  EXPECT_EQ(machine.last_placement, os::Placement::preferred) << "a full node must not end the process";
  os::g_system_memory.release(region);
}

TEST(Nodes, HavePagesOf2MiBForThoseWhoWishFor1GiB) {
  SimulatedNuma machine{2};
  Nodes nodes{machine};
  EXPECT_EQ(nodes.place_for({PageKind::huge_1gib}).pages(), PageKind::huge_2mib);
}

TEST(Place, KeepsNodeAndKind) {
  for (int node = 0; node < os::kNodesMax; ++node) {
    for (const PageKind kind :
         {PageKind::normal, PageKind::transparent_huge, PageKind::huge_2mib, PageKind::huge_1gib}) {
      const Place place{node, kind};
      EXPECT_EQ(place.node(), node);
      EXPECT_EQ(place.pages(), kind);
      EXPECT_EQ(place.in_normal_pages(), (Place{node, PageKind::normal}));
      EXPECT_LT(place.index(), Place::kCount);
    }
  }
}

}  // namespace
}  // namespace cenote
