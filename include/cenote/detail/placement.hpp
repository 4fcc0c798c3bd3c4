/// Where units lie: which node their pages come from, and of which kind these are. Who asks for units says
/// from which place.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/memory_source.hpp>
#include <cenote/topology.hpp>

namespace cenote {

class Place {
 public:
  static constexpr std::size_t kCount = std::size_t{4} * os::kNodesMax;

  /// Node 0, which stands for all where there is one node only, and normal pages.
  constexpr Place() noexcept = default;
  /// 0 <= node < os::kNodesMax.
  constexpr Place(int node, PageKind pages) noexcept
      : index_{static_cast<std::uint8_t>(node << kKindBits | static_cast<int>(pages))} {}

  constexpr int node() const noexcept { return index_ >> kKindBits; }
  constexpr PageKind pages() const noexcept { return static_cast<PageKind>(index_ & ((1 << kKindBits) - 1)); }
  constexpr Place in_normal_pages() const noexcept { return {node(), PageKind::normal}; }
  /// Below kCount; 0 for Place{}.
  constexpr std::size_t index() const noexcept { return index_; }
  friend constexpr bool operator==(Place, Place) noexcept = default;

 private:
  static constexpr int kKindBits = 2;

  std::uint8_t index_ = 0;
};
static_assert(Place{os::kNodesMax - 1, PageKind::huge_1gib}.index() == Place::kCount - 1);

}  // namespace cenote

// From which node a thread's memory comes, and how it comes to lie there.
//
//     one node, or one that may be used      place 0; nobody is asked for more, nothing is bound
//     several                                the thread's own; where that has no memory, or none that is allowed, the nearest
//
// The machine and the process's cpuset are looked at once, by the first thread that takes units.

namespace cenote {

/// Threads     any; no locks, since it is used before and between forks.
class Nodes {
 public:
  explicit constexpr Nodes(os::Numa& numa) noexcept : numa_{&numa} {}

  /// The place of what the calling thread takes now. A node that is wished for must have memory. Pages of 1
  /// GiB are larger than what heaps grow by: of these it takes those of 2 MiB.
  Place place_for(Pages wish) noexcept;

  /// Sees to it that pages of a region come from the place's node, as long as it has some. Where the system
  /// does not bind memory they come from the node of who touches them first.
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
