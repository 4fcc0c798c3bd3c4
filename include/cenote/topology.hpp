/// Which memory and which processors the machine has, and how far they are from each other.
///
///     const Topology& machine = numa::topology();
///     for (int node = machine.nodes().first(); node >= 0; node = machine.nodes().next(node)) ...
///
/// A node is a piece of memory with the processors that are next to it. It may have none of these (memory behind CXL), or no memory.
/// Where the system knows of no nodes, there is one, number 0, with everything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <cenote/detail/node_set.hpp>

namespace cenote {

/// One reading of it. Threads: any, it never changes.
class Topology {
 public:
  static constexpr int kProcessorsMax = 4096;
  /// Distance of a node from itself; others are larger, in tenths of a local access (ACPI SLIT).
  static constexpr int kLocalDistance = 10;
  static constexpr int kFarDistance = 20;  ///< of others, where the system does not say

  /// Online nodes; those of them with memory, with processors.
  os::NodeSet nodes() const noexcept { return nodes_; }
  os::NodeSet memory_nodes() const noexcept { return with_memory_; }
  os::NodeSet processor_nodes() const noexcept { return with_processors_; }
  int node_count() const noexcept { return nodes_.count(); }

  /// Bytes of memory, all of it; 0 for what is no node.
  std::size_t memory_bytes(int node) const noexcept {
    return nodes_.contains(node) ? bytes_[static_cast<std::size_t>(node)] : 0;
  }
  /// From `from` to `to`, kLocalDistance at least; kFarDistance when one of them is no node.
  int distance(int from, int to) const noexcept;
  /// The node of an online processor; -1 for any other number.
  int node_of_processor(int processor) const noexcept {
    return processor >= 0 && processor < kProcessorsMax ? node_of_[static_cast<std::size_t>(processor)] : -1;
  }
  /// Online processors.
  int processor_count() const noexcept { return processors_; }

  /// Nodes with memory, the nearest to `node` first; of equally near ones the lower number first. Writes to `order`, which has room for
  /// kNodesMax; returns what was written.
  std::span<const int> by_distance(int node, std::array<int, os::kNodesMax>& order) const noexcept;

  // --- how it is made ---------------------------------------------------------------------------------------------------------------

  constexpr Topology() noexcept { node_of_.fill(-1); }
  void add_node(int node, std::size_t memory_bytes) noexcept;
  void set_distance(int from, int to, int distance) noexcept;
  /// Precondition: `node` was added.
  void add_processor(int processor, int node) noexcept;

 private:
  static std::size_t pair_index(int from, int to) noexcept {
    return static_cast<std::size_t>(from) * os::kNodesMax + static_cast<std::size_t>(to);
  }

  os::NodeSet nodes_{}, with_memory_{}, with_processors_{};
  int processors_ = 0;
  std::array<std::size_t, os::kNodesMax> bytes_{};
  std::array<std::uint8_t, std::size_t{os::kNodesMax} * os::kNodesMax> distances_{};  // 0: not told
  std::array<std::int8_t, kProcessorsMax> node_of_{};
};

namespace numa {

/// The machine as it was when this was first asked. Asks the system once. Threads: any.
const Topology& topology() noexcept;
/// The node of the processor that the calling thread is running on, which may have changed when this returns; 0 where nobody knows. Costs no
/// system call as a rule.
int current_node() noexcept;

}  // namespace numa
}  // namespace cenote
