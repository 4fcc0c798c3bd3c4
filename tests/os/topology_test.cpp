#include <gtest/gtest.h>

#include <cenote/topology.hpp>

namespace cenote {
namespace {

TEST(Topology, OfThisMachineHoldsTheThreadThatAsks) {
  const Topology& machine = numa::topology();
  EXPECT_GE(machine.node_count(), 1);
  EXPECT_GE(machine.processor_count(), 1);
  EXPECT_TRUE(machine.nodes().contains(numa::current_node()));
  EXPECT_EQ(&machine, &numa::topology());
}

}  // namespace
}  // namespace cenote
