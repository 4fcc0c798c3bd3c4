/// One node's part of a NUMA pool: its memory, its blocks, its counts; and, where the pool adapts, who uses
/// what of it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/gauge.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/topology.hpp>

// Which node it mostly is, learnt from one word and a few instructions for each time that it was somebody's
// turn.
//
//     the same node again: score + 1      another: score - 1, and at 0 the other is the candidate
//
// Source      Boyer & Moore, "MJRTY: A Fast Majority Vote Algorithm", 1981. Here the score stops at
//             kScoreMax, so that what was once the habit can be unlearnt; and it is halved when it has been
//             acted upon.

namespace cenote {

class Majority {
 public:
  static constexpr int kScoreMax = 255;

  struct Vote {
    int node;
    int score;
  };

  /// Threads     any; of votes at the same instant some may be lost.
  void note(int node) noexcept {
    const Vote now = read();
    if (now.score == 0) return write({node, 1});
    if (now.node != node) return write({now.node, now.score - 1});
    if (now.score < kScoreMax) write({node, now.score + 1});
  }
  Vote read() const noexcept {
    const std::uint16_t word = word_.load(std::memory_order_relaxed);
    return {word >> 8, word & 0xff};
  }
  void halve() noexcept {
    const Vote now = read();
    write({now.node, now.score / 2});
  }

 private:
  void write(Vote vote) noexcept {
    word_.store(static_cast<std::uint16_t>(vote.node << 8 | vote.score), std::memory_order_relaxed);
  }

  std::atomic<std::uint16_t> word_{0};
};

class NodeMemory final : public os::Memory {
 public:
  NodeMemory(os::Numa& numa, int node, os::Placement placement) noexcept
      : numa_{&numa}, node_{node}, placement_{placement} {}

  /// Whether the system has bound all that was reserved so far.
  bool bound() const noexcept { return bound_; }

  /// What was reserved last.
  os::Region reserved() const noexcept { return reserved_; }

  /// From now on in pages of that kind; this, or null where the system has none: then nothing has changed.
  os::Memory* with_pages(PageKind kind) noexcept override {
    os::Memory* const paged = os::g_system_memory.with_pages(kind);
    if (paged != nullptr) upstream_ = paged;
    return paged != nullptr ? this : nullptr;
  }

  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    return reserved_ = bind(upstream_->reserve(bytes, alignment));
  }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return bind(upstream_->map(bytes, alignment));
  }
  bool commit(os::Region region) noexcept override { return upstream_->commit(region); }
  bool purge(os::Region region) noexcept override { return upstream_->purge(region); }
  void decommit(os::Region region) noexcept override { upstream_->decommit(region); }
  void release(os::Region region) noexcept override { upstream_->release(region); }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    return upstream_->remap(region, bytes);
  }
  bool populate(os::Region region) noexcept override { return upstream_->populate(region); }
  void advise_huge(os::Region region) noexcept override { upstream_->advise_huge(region); }
  void collapse(os::Region region) noexcept override { upstream_->collapse(region); }

 private:
  os::Region bind(os::Region region) noexcept {
    if (region && !numa_->bind(region, os::NodeSet::of(node_), placement_)) bound_ = false;
    return region;
  }

  os::Memory* upstream_ = &os::g_system_memory;
  os::Numa* numa_;
  int node_;
  os::Placement placement_;
  bool bound_ = true;
  os::Region reserved_{};
};

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

  /// Before all else. `learns`: keeps account of who uses what. AllocError{}, or what BuddyAllocator::create
  /// says.
  AllocError open(const BuddyOptions& options, bool learns) noexcept;

  int node() const noexcept { return node_; }
  bool bound() const noexcept { return memory_.bound(); }
  PageKind pages() const noexcept { return pages_; }
  bool owns(const void* address) const noexcept { return blocks_->owns(address); }
  std::size_t usable_size(const void* block) const noexcept { return blocks_->usable_size(block); }

  /// A block for a thread of node `user`. Errors: as BuddyAllocator's.
  Result<void*> allocate(std::size_t size, std::size_t alignment, int user) noexcept;
  /// Takes one back from a thread of node `user`; kAnySize: whatever its size. AllocError{}, or what is wrong
  /// with it.
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
  /// Uses of a piece by one node, more than by others, that make a habit: some, so that a passing visitor
  /// moves nothing.
  static constexpr int kHabit = 16;

  std::size_t offset_of(const void* address) const noexcept {
    return address_of(address) - address_of(memory_.reserved().start);
  }
  std::size_t unit_of(const void* block) const noexcept { return offset_of(block) / block_min_; }
  // A block's bytes are written by who takes it and read by who gives it back. The reader waits for memory,
  // the writer does not: it counts twice.
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
