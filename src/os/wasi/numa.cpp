#include <cstdint>

#include <cenote/topology.hpp>

namespace cenote::os {

const Topology& SystemNuma::topology() noexcept { return numa::topology(); }
int SystemNuma::current_node() noexcept { return numa::current_node(); }
NodeSet SystemNuma::allowed_nodes() noexcept { return topology().memory_nodes(); }

std::size_t SystemNuma::free_bytes(int node) noexcept {
  return topology().nodes().contains(node) ? SIZE_MAX : 0;
}

Result<void> SystemNuma::bind(Region, NodeSet nodes, Placement) noexcept {
  return (nodes & allowed_nodes()).empty() ? AllocError::bad_option : AllocError::unsupported;
}

Result<int> SystemNuma::node_of(const void*) noexcept { return AllocError::unsupported; }

Result<std::size_t> SystemNuma::move(Region, int node) noexcept {
  return topology().memory_nodes().contains(node) ? AllocError::unsupported : AllocError::bad_option;
}

constinit SystemNuma g_system_numa{};

}  // namespace cenote::os
