#include <cstdint>

#include <cenote/topology.hpp>

namespace cenote::numa {
namespace {

constinit Topology g_topology{};

}  // namespace

// One node with the one processor, and all that a memory can have.
const Topology& topology() noexcept {
  if (g_topology.nodes().empty()) {
    g_topology.add_node(0, SIZE_MAX);
    g_topology.add_processor(0, 0);
  }
  return g_topology;
}

int current_node() noexcept { return 0; }

}  // namespace cenote::numa
