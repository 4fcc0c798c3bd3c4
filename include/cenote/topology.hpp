/// Which memory and which processors the machine has, and how far they are from each other.
///
///     const Topology& machine = numa::topology();
///     for (int node = machine.nodes().first(); node >= 0; node = machine.nodes().next(node)) ...
///
/// A node is a piece of memory with the processors that are next to it. It may have none of these (memory
/// behind CXL), or no memory. Where the system knows of no nodes, there is one, number 0, with everything.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote::os {

/// Nodes have numbers below; those of larger machines are not seen.
inline constexpr int kNodesMax = 64;

class NodeSet {
 public:
  constexpr NodeSet() noexcept = default;
  explicit constexpr NodeSet(std::uint64_t bits) noexcept : bits_{bits} {}
  static constexpr NodeSet of(int node) noexcept { return NodeSet{is_node(node) ? bit_of(node) : 0}; }

  static constexpr bool is_node(int node) noexcept { return node >= 0 && node < kNodesMax; }
  constexpr bool contains(int node) const noexcept { return is_node(node) && (bits_ & bit_of(node)) != 0; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr int count() const noexcept { return std::popcount(bits_); }
  /// The lowest; -1 when there is none.
  constexpr int first() const noexcept { return next_from(0); }
  /// The lowest that is above `node`; -1 when there is none.
  constexpr int next(int node) const noexcept { return next_from(node + 1); }
  constexpr std::uint64_t bits() const noexcept { return bits_; }

  constexpr void insert(int node) noexcept { bits_ |= of(node).bits_; }
  constexpr void erase(int node) noexcept { bits_ &= ~of(node).bits_; }
  friend constexpr NodeSet operator&(NodeSet a, NodeSet b) noexcept { return NodeSet{a.bits_ & b.bits_}; }
  friend constexpr NodeSet operator|(NodeSet a, NodeSet b) noexcept { return NodeSet{a.bits_ | b.bits_}; }
  friend constexpr bool operator==(NodeSet, NodeSet) noexcept = default;

 private:
  static constexpr std::uint64_t bit_of(int node) noexcept { return std::uint64_t{1} << node; }
  constexpr int next_from(int node) const noexcept {
    if (node >= kNodesMax) return -1;
    const std::uint64_t left = bits_ >> node;
    return left == 0 ? -1 : node + std::countr_zero(left);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace cenote::os

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

  /// Nodes with memory, the nearest to `node` first; of equally near ones the lower number first. Writes to
  /// `order`, which has room for kNodesMax; returns what was written.
  std::span<const int> by_distance(int node, std::array<int, os::kNodesMax>& order) const noexcept;

  // --- how it is made --------------------------------------------------------------------------------------

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
/// The node of the processor that the calling thread is running on, which may have changed when this returns;
/// 0 where the system does not report it. Costs no system call as a rule.
int current_node() noexcept;

}  // namespace numa
}  // namespace cenote

// The one door to what the kernel does about NUMA. Above it everything takes an `os::Numa&`, so that a test
// can pass a machine that is not there. On slow paths only.
//
//     bind        where pages will lie that are not there yet
//     node_of     where a page lies
//     move        pages to another node
//
// Where the kernel has no such call, or a sandbox forbids it, the answer is `unsupported`, and nothing has
// changed. Nodes that a cpuset forbids are a `bad_option`. Where a cpuset changes later, pages follow it:
// bound ones come from the nodes that are left, and from their own again once they are allowed.

namespace cenote::os {

enum class Placement : std::uint8_t {
  /// on these nodes or nowhere: a touch fails (SIGBUS or the out-of-memory killer) when they are full
  strict,
  preferred,   ///< on the first of them, elsewhere when it is full
  interleaved  ///< page by page, in turns
};

/// Units       regions are whole pages.
/// Threads     any.
class Numa {
 public:
  virtual const Topology& topology() noexcept = 0;
  /// Nodes whose memory this process may use now.
  virtual NodeSet allowed_nodes() noexcept = 0;
  virtual int current_node() noexcept = 0;
  /// Bytes of a node that nothing uses now, or only the system's file cache; SIZE_MAX where the system does
  /// not say. For other numbers 0.
  virtual std::size_t free_bytes(int node) noexcept = 0;

  /// Pages of the region that come into being from now on lie on these nodes. Errors: unsupported;
  /// bad_option: no node of them has memory that is allowed.
  virtual Result<void> bind(Region region, NodeSet nodes, Placement placement) noexcept = 0;
  /// Where the page of an address lies now, by the kernel's own account. Errors: foreign_block: no page is
  /// there yet; unsupported.
  virtual Result<int> node_of(const void* address) noexcept = 0;
  /// Moves the pages of a region that are not on `node` there; returns how many went. Pages that are not
  /// there yet, or that the kernel cannot move now, stay. Errors: unsupported; bad_option: the node has no
  /// memory that is allowed.
  virtual Result<std::size_t> move(Region region, int node) noexcept = 0;

 protected:
  constexpr Numa() noexcept = default;
  ~Numa() = default;
};

class SystemNuma final : public Numa {
 public:
  const Topology& topology() noexcept override;
  NodeSet allowed_nodes() noexcept override;
  int current_node() noexcept override;
  std::size_t free_bytes(int node) noexcept override;
  Result<void> bind(Region region, NodeSet nodes, Placement placement) noexcept override;
  Result<int> node_of(const void* address) noexcept override;
  Result<std::size_t> move(Region region, int node) noexcept override;
};

/// Usable before main; never torn down.
extern SystemNuma g_system_numa;

}  // namespace cenote::os

// Where the calling thread may run.
//
//     if (!affinity::pin_to_node(node)) ...        // then its memory is near, by the kernel's default policy too
//     affinity::unpin();

namespace cenote::affinity {

/// From now on the calling thread, and threads that it starts, run on this processor alone. (On Windows these
/// start where their process may run.)
///
/// Errors  bad_option: no such processor is online, or a cpuset forbids it; unsupported: the system has no
///         such call, or a sandbox forbids it. Then nothing has changed.
Result<void> pin_to_cpu(int processor) noexcept;
/// The same for the processors of a node. Errors: bad_option, also for a node without processors;
/// unsupported.
Result<void> pin_to_node(int node) noexcept;
/// The calling thread may run again where the first thread of the process that was ever pinned might before
/// it was; where none was, nothing changes. Errors: unsupported; bad_option: a cpuset forbids all of these by
/// now.
Result<void> unpin() noexcept;

}  // namespace cenote::affinity
