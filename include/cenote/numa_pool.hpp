/// Blocks of mixed sizes, on the node where they are wanted.
///
///     NumaPool frames{{.bytes_per_node = std::size_t{1} << 30, .policy = NumaPolicy::preferred, .name = "frames"}};
///     void* frame = frames.allocate(100'000);      // 128 KiB of this thread's node, or of the nearest with room
///     frames.node_of(frame);                       // asks the kernel
///
///     node 0   [ blocks, halved and joined ]   memory bound to node 0
///     node 1   [ blocks, halved and joined ]   memory bound to node 1
///
/// Each node's part is a BuddyAllocator, whose tables lie on that node too. A block given back by a thread of
/// another node lies on that thread's shelf of the block's own part first, and goes home with others in one
/// batch.
///
/// Invariants  a block lies in the part of one node. Where that is in memory is the kernel's to say: a page
///             that was moved, or for which its node had no room, lies elsewhere, and node_of knows it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/owned.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>
#include <cenote/topology.hpp>

namespace cenote {

/// Where the next block comes from. "Here": the node of the processor that the calling thread runs on.
enum class NumaPolicy : std::uint8_t {
  /// here or nowhere: a request fails when this node's part is used up, and on nodes without memory
  local_only,
  preferred,    ///< here; when that part is used up, from the nearest node that has room
  interleaved,  ///< from all nodes in turns, the less used of two: bandwidth of all, distance of none
  /// as preferred; where blocks are freed by threads of another node than took them, rebalance() follows
  adaptive
};

struct NumaOptions {
  std::size_t bytes_per_node = 0;  ///< managed on each node that has memory which the process may use
  NumaPolicy policy = NumaPolicy::preferred;
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  std::string_view name = {};  ///< under which it is listed in statistics (copied, cut at 63 bytes)
};

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
  /// false: the system does not bind memory to nodes, or forbids it; then placement is its own
  bool bound = true;
  PageKind pages = PageKind::normal;
};

class NumaCore;

/// Threads     any, at the same time; the destructor, moves: no thread may be inside a call.
class NumaPool {
 public:
  /// Throws AllocFailure: bad_option (bytes_per_node 0), too_large, limit_reached, out_of_memory; local_only:
  /// also when a node has less memory free than it is to give, since the system would end the process once
  /// the node is full.
  explicit NumaPool(const NumaOptions& options, os::Numa& numa = os::g_system_numa);
  /// The same without exceptions.
  static Result<NumaPool> create(const NumaOptions& options, os::Numa& numa = os::g_system_numa) noexcept;

  /// Moving leaves a pool that may only be destroyed or assigned to; blocks stay where they are.
  NumaPool(NumaPool&&) noexcept = default;
  NumaPool& operator=(NumaPool&&) noexcept = default;
  /// Reports blocks in use to the leak handler, and returns all memory to the system.
  ~NumaPool() = default;

  /// A block of at least `size` bytes and `alignment`, uninitialised, on the node that the policy says.
  ///
  /// Errors      as BuddyAllocator's: zero_size, bad_alignment, too_large; exhausted: every part that the
  ///             policy allows is.
  /// Complexity  as BuddyAllocator's, for each part that is asked.
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept;
  /// The same; throws AllocFailure.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return *block;
  }

  /// Takes a block back, on whatever node; null does nothing. A wrong call reaches the misuse handler and
  /// changes nothing. O(nodes).
  void deallocate(void* block) noexcept;
  /// The same; also finds a size that the block was not made for.
  void deallocate(void* block, std::size_t size) noexcept;
  /// The same, but returns the error: foreign_block, double_free, size_mismatch, as BuddyAllocator's.
  Result<void> try_deallocate(void* block) noexcept;
  Result<void> try_deallocate(void* block, std::size_t size) noexcept;

  /// Bytes that the block really has; 0 for what is no block in use. O(nodes).
  std::size_t usable_size(const void* block) const noexcept;
  /// Whether the address lies in memory of this pool. O(nodes).
  bool owns(const void* address) const noexcept;

  /// The node where the address's page really is, as the kernel says; -1 when it is not of this pool. Where
  /// no page is there yet, or the kernel does not say: the node whose part it is. A system call.
  int node_of(const void* address) const noexcept;

  /// Adaptive: moves pages of 64 KiB pieces whose blocks another node's threads keep using to that node, and
  /// lets nodes whose blocks another node frees get theirs from there from now on. Returns the pages moved; 0
  /// with other policies. O(bytes in the pool / 64 KiB), and a system call for each piece that moves. To be
  /// called now and then, by one thread; others go on.
  std::size_t rebalance() noexcept;

  NumaStats stats() const noexcept;

 private:
  static void close(NumaCore* core) noexcept;
  using OwnedCore = detail::Owned<NumaCore, NumaPool>;
  friend OwnedCore;
  explicit NumaPool(OwnedCore core) noexcept : core_{std::move(core)} {}
  static NumaCore* open(const NumaOptions& options, os::Numa& numa);

  OwnedCore core_;
};

}  // namespace cenote
