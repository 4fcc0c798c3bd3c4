#include <algorithm>

#include <cenote/topology.hpp>

namespace cenote {

void Topology::add_node(int node, std::size_t memory_bytes) noexcept {
  if (!os::NodeSet::is_node(node)) return;
  nodes_.insert(node);
  bytes_[static_cast<std::size_t>(node)] = memory_bytes;
  if (memory_bytes != 0) with_memory_.insert(node);
}

void Topology::set_distance(int from, int to, int distance) noexcept {
  if (!os::NodeSet::is_node(from) || !os::NodeSet::is_node(to)) return;
  distances_[pair_index(from, to)] = static_cast<std::uint8_t>(std::clamp(distance, 0, 255));
}

void Topology::add_processor(int processor, int node) noexcept {
  if (processor < 0 || processor >= kProcessorsMax || !nodes_.contains(node)) return;
  std::int8_t& its_node = node_of_[static_cast<std::size_t>(processor)];
  if (its_node < 0) ++processors_;
  its_node = static_cast<std::int8_t>(node);
  with_processors_.insert(node);
}

int Topology::distance(int from, int to) const noexcept {
  if (from == to) return kLocalDistance;
  if (!nodes_.contains(from) || !nodes_.contains(to)) return kFarDistance;
  const int told = distances_[pair_index(from, to)];
  return told == 0 ? kFarDistance : told;
}

std::span<const int> Topology::by_distance(int node, std::array<int, os::kNodesMax>& order) const noexcept {
  std::size_t count = 0;
  for (int other = with_memory_.first(); other >= 0; other = with_memory_.next(other)) order[count++] = other;
  const auto nearer = [&](int a, int b) {
    const int to_a = distance(node, a), to_b = distance(node, b);
    return to_a != to_b ? to_a < to_b : a < b;
  };
  std::sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), nearer);
  return std::span{order}.first(count);
}

}  // namespace cenote
