/// From which node a thread's memory comes, and how it comes to lie there.
///
///     one node, or one that may be used      place 0; nobody is asked for more, nothing is bound
///     several                                the thread's own; where that has no memory, or none that is allowed, the nearest
///
/// The machine and the process's cpuset are looked at once, by the first thread that takes units.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include <cenote/detail/numa.hpp>
#include <cenote/detail/place.hpp>

namespace cenote {

/// Threads     any; no locks, since it is used before and between forks.
class Nodes {
 public:
  explicit constexpr Nodes(os::Numa& numa) noexcept : numa_{&numa} {}

  /// The place of what the calling thread takes now. A node that is wished for must have memory. Pages of 1 GiB are larger than what heaps
  /// grow by: of these it takes those of 2 MiB.
  Place place_for(Pages wish) noexcept;

  /// Sees to it that pages of a region come from the place's node, as long as it has some. Where the system does not bind memory they come
  /// from the node of who touches them first.
  void bind(os::Region region, Place place) noexcept;

  /// Whether there is more than one node to choose from. Precondition: somebody has asked for a place.
  bool several() const noexcept { return state_.load(std::memory_order_relaxed) == State::several; }

 private:
  enum class State : std::uint8_t { unknown, learning, one, several };

  int node_for(int wanted) noexcept;
  void learn() noexcept;

  os::Numa* numa_;
  std::atomic<State> state_{State::unknown};
  std::array<std::uint8_t, os::kNodesMax>
      home_of_{};  // by node: where its threads' memory is; written while learning
};

/// Those of this machine. Never torn down.
extern constinit Nodes g_nodes;

}  // namespace cenote
