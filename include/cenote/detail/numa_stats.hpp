/// What a NUMA pool has done and holds: one snapshot.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/node_set.hpp>
#include <cenote/detail/page_kind.hpp>

namespace cenote {

struct NumaNodeStats {
  int node = -1;
  std::size_t bytes = 0;         ///< managed
  std::size_t bytes_in_use = 0;  ///< with the user, rounded up to whole blocks
  std::size_t blocks_in_use = 0;
  std::uint64_t local_allocations = 0;   ///< handed out to threads that ran on this node
  std::uint64_t remote_allocations = 0;  ///< handed out to threads of other nodes
  std::uint64_t remote_frees = 0;        ///< given back by threads of other nodes
  std::uint64_t pages_moved_in = 0;      ///< by rebalance(), to this node
  int steered_to = -1;                   ///< adaptive: where this node's threads get their blocks from now
};

/// Nodes in the order of their numbers.
class NumaNodeList {
 public:
  const NumaNodeStats* begin() const noexcept { return nodes_.data(); }
  const NumaNodeStats* end() const noexcept { return nodes_.data() + count_; }
  std::size_t size() const noexcept { return count_; }
  const NumaNodeStats& operator[](std::size_t index) const noexcept { return nodes_[index]; }
  NumaNodeStats& add() noexcept { return nodes_[count_++]; }

 private:
  std::array<NumaNodeStats, os::kNodesMax> nodes_{};
  std::size_t count_ = 0;
};

/// Exact when no other thread is inside a call.
struct NumaStats {
  std::string_view name;  ///< valid while the pool lives
  NumaNodeList nodes;
  std::uint64_t failures = 0;     ///< calls for a block that got an error
  std::uint64_t pages_moved = 0;  ///< by rebalance()
  bool bound =
      true;  ///< false: the system does not bind memory to nodes, or forbids it; then placement is its own
  PageKind pages = PageKind::normal;
};

}  // namespace cenote
