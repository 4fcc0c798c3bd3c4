/// What a pool of equal blocks hands out in pass-through mode: blocks from malloc, no more than it has
/// capacity for.
///
/// The pool itself is made without any slot, so that its fast paths find nothing to give and no block of
/// theirs: the slow path of allocation asks here, and what would say `foreign_block`.
///
/// Invariants  in_use <= capacity <= capacity_max, after a trim too.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// What a core makes of a pointer that is no block in use: it says so.
struct Tell {
  AllocError operator()(AllocError error) const noexcept { return error; }
};

/// Threads     any; one lock, which is not held while malloc works (a Locked pool's own is).
class PassedBlocks {
 public:
  struct Shape {
    std::size_t block_bytes = 0;
    std::size_t alignment = 0;
    SlotIndex capacity = 0;
    SlotIndex capacity_max = 0;  // at least capacity
  };

  /// Null when `memory` refuses. Blocks are charged to `budget`.
  static PassedBlocks* create(const Shape& shape, os::Memory& memory, Budget& budget) noexcept;
  /// Frees all blocks, those in use too.
  static void destroy(PassedBlocks* blocks) noexcept;

  PassedBlocks(const PassedBlocks&) = delete;
  PassedBlocks& operator=(const PassedBlocks&) = delete;

  /// Errors  exhausted, limit_reached, out_of_memory. `Budget::report_passed` is to follow.
  Result<void*> allocate() noexcept;
  /// Errors  foreign_block, double_free; AllocError{} of a block in use.
  AllocError deallocate(void* block) noexcept;
  AllocError check(const void* block) noexcept { return blocks_.find(block).error; }
  bool owns(const void* address) noexcept { return blocks_.owns(address); }

  std::size_t capacity() noexcept;
  std::size_t in_use() noexcept;
  Result<std::size_t> grow(std::size_t blocks) noexcept;
  void trim() noexcept;
  /// Fills in all but what the memory beside the blocks takes.
  void describe(PoolStats& stats) noexcept;
  /// Lists the pool under `name`, if that is not empty.
  void enlist(stats::Listed& listed, const char* name) const noexcept;

 private:
  PassedBlocks(const Shape& shape, MallocBlocks& blocks) noexcept
      : shape_{shape}, capacity_{shape.capacity}, blocks_{blocks} {}
  ~PassedBlocks() = default;

  Result<void> reserve_place() noexcept;
  void give_place_back() noexcept;
  Result<std::size_t> grow_locked(std::size_t blocks) noexcept;

  const Shape shape_;
  os::Lock lock_{os::LockRank::pass_through};
  std::size_t capacity_;    // under lock_, as all down to grows_
  std::size_t in_use_ = 0;  // blocks, and places for those that are being made
  std::size_t peak_in_use_ = 0;
  std::uint64_t allocations_ = 0;
  std::uint64_t failures_ = 0;
  std::uint64_t grows_ = 0;
  MallocBlocks& blocks_;
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
