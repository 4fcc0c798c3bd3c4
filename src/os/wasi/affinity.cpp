#include <cenote/topology.hpp>

namespace cenote::affinity {

Result<void> pin_to_cpu(int processor) noexcept {
  return numa::topology().node_of_processor(processor) < 0 ? AllocError::bad_option : AllocError::unsupported;
}

Result<void> pin_to_node(int node) noexcept {
  return numa::topology().processor_nodes().contains(node) ? AllocError::unsupported : AllocError::bad_option;
}

Result<void> unpin() noexcept { return {}; }

}  // namespace cenote::affinity
