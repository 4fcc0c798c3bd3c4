/// One node's part of a NUMA pool: its memory, its blocks, its counts; and, where the pool adapts, who uses what of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/gauge.hpp>
#include <cenote/detail/numa.hpp>
#include <cenote/detail/numa_stats.hpp>

#include "pools/numa/majority.hpp"
#include "pools/numa/node_memory.hpp"

namespace cenote {

/// Threads     any, but for the constructor, open and the destructor.
class alignas(2 * kCacheLine) NumaPart {
 public:
  /// What rebalance() looks at, and moves, at once.
  static constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
  static constexpr std::size_t kAnySize = SIZE_MAX;

  NumaPart(os::Numa& numa, int node, os::Placement placement) noexcept
      : node_{node}, memory_{numa, node, placement} {}
  ~NumaPart();
  NumaPart(const NumaPart&) = delete;
  NumaPart& operator=(const NumaPart&) = delete;

  /// Before all else. `learns`: keeps account of who uses what. AllocError{}, or what BuddyAllocator::create says.
  AllocError open(const BuddyOptions& options, bool learns) noexcept;

  int node() const noexcept { return node_; }
  bool bound() const noexcept { return memory_.bound(); }
  PageKind pages() const noexcept { return pages_; }
  bool owns(const void* address) const noexcept { return blocks_->owns(address); }
  std::size_t usable_size(const void* block) const noexcept { return blocks_->usable_size(block); }

  /// A block for a thread of node `user`. Errors: as BuddyAllocator's.
  Result<void*> allocate(std::size_t size, std::size_t alignment, int user) noexcept;
  /// Takes one back from a thread of node `user`; kAnySize: whatever its size. AllocError{}, or what is wrong with it.
  AllocError deallocate(void* block, std::size_t size, int user) noexcept;
  /// The node of the thread that took a block in use. Precondition: open(..., learns = true).
  int taker_of(const void* block) const noexcept {
    return takers_[unit_of(block)].load(std::memory_order_relaxed);
  }

  /// Calls `move(Region, node)` for each piece that a node keeps using, as it says itself.
  template <class Move>
  void for_each_used_piece(Move move) noexcept {
    for (std::size_t i = 0; i < piece_count_; ++i) {
      const Majority::Vote users = pieces_[i].read();
      if (users.score < kHabit) continue;
      move(os::Region{memory_.reserved().start + i * kPieceBytes, kPieceBytes}, users.node);
      pieces_[i].halve();
    }
  }

  void count_moved(std::size_t pages) noexcept { moved_in_.fetch_add(pages, std::memory_order_relaxed); }
  /// Bytes with the user, read without a lock.
  std::size_t bytes_in_use() const noexcept { return bytes_in_use_.load(std::memory_order_relaxed); }
  void read(NumaNodeStats& stats) const noexcept;
  /// Gauges of `count` parts, whose buddies are listed themselves.
  static stats::Gauges gauges(const NumaPart* first, std::size_t count) noexcept;

 private:
  /// Uses of a piece by one node, more than by others, that make a habit: some, so that a passing visitor moves nothing.
  static constexpr int kHabit = 16;

  std::size_t offset_of(const void* address) const noexcept {
    return address_of(address) - address_of(memory_.reserved().start);
  }
  std::size_t unit_of(const void* block) const noexcept { return offset_of(block) / block_min_; }
  // A block's bytes are written by who takes it and read by who gives it back. The reader waits for memory, the writer does not: it counts
  // twice.
  void note_taken(const void* block, int user) noexcept;
  void note_given_back(const void* block, int user) noexcept;

  int node_;
  NodeMemory memory_;
  std::optional<BuddyAllocator> blocks_;
  std::size_t bytes_ = 0, block_min_ = 0;
  PageKind pages_ = PageKind::normal;

  os::Region tables_{};
  Majority* pieces_ = nullptr;  // null: it does not learn
  std::size_t piece_count_ = 0;
  std::atomic<std::int8_t>* takers_ = nullptr;  // of each smallest block

  alignas(kCacheLine) std::atomic<std::size_t> bytes_in_use_{0};
  std::atomic<std::uint64_t> local_{0}, remote_{0}, remote_frees_{0}, moved_in_{0};
};

}  // namespace cenote
