/// The blocks of one pool in pass-through mode: each from the program's malloc, all of them known by address.
///
///     take    malloc --> a row in the table            row   | address | bytes | note |    open addressing, at most half full
///     give    the row away --> free
///
/// Nothing is kept in or beside a block, so that the checker sees the first byte before it and the first
/// behind it. Addresses that were given back last are remembered: a second free of one is told from that of a
/// foreign pointer.
///
/// Invariants  a row for each block in use, and no other.
/// Threads     any; one lock, which is not held while malloc works.
/// Source      Knuth, "The Art of Computer Programming" 3, 6.4, algorithms L and R.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

class MallocBlocks {
 public:
  /// Null when `memory` refuses, which the table comes from. `budget`: to which blocks are charged, in bytes
  /// as requested.
  static MallocBlocks* create(os::Memory& memory, Budget& budget) noexcept;
  /// Frees all blocks, those in use too.
  static void destroy(MallocBlocks* blocks) noexcept;

  MallocBlocks(const MallocBlocks&) = delete;
  MallocBlocks& operator=(const MallocBlocks&) = delete;

  /// A block of exactly `bytes`. `note`: whatever the pool wants to know of it. `Budget::report_passed` is to
  /// follow.
  ///
  /// Errors      limit_reached; out_of_memory: malloc refuses, or the table cannot grow.
  Result<void*> take(std::size_t bytes, std::size_t alignment, std::uint64_t note = 0) noexcept;

  struct Found {
    // AllocError{}: it is a block in use; double_free: it was one lately
    AllocError error = AllocError::foreign_block;
    std::size_t bytes = 0;
    std::uint64_t note = 0;
  };
  /// What the address is the start of.
  Found find(const void* address) noexcept;
  /// Takes a block out of use, then frees it. As found, or why not: then nothing has changed. `bytes`:
  /// kAnySize, or what the block must have, or else it is a size_mismatch.
  Found give(void* block, std::size_t bytes = kAnySize) noexcept;
  static constexpr std::size_t kAnySize = SIZE_MAX;
  /// The same in two steps: who was first to claim a block then frees it.
  Found claim(const void* block, std::size_t bytes = kAnySize) noexcept;
  static void free_claimed(void* block) noexcept;

  /// Whether the address lies in a block in use. O(blocks).
  bool owns(const void* address) noexcept;

  os::Memory& memory() const noexcept { return memory_; }
  std::size_t count() noexcept;
  std::size_t bytes() noexcept;

 private:
  struct Row {
    std::uintptr_t address;  // 0: none
    std::size_t bytes;
    std::uint64_t note;
  };
  static constexpr std::size_t kRemembered = 1024;

  MallocBlocks(os::Memory& memory, Budget& budget, os::Region table) noexcept;
  ~MallocBlocks() = default;

  // Under lock_, all of these.
  Row* rows() const noexcept { return reinterpret_cast<Row*>(table_.start); }
  std::size_t home_of(std::uintptr_t address) const noexcept;
  std::size_t index_of(std::uintptr_t address) const noexcept;
  Found look_up(std::uintptr_t address) const noexcept;
  void erase(std::size_t index) noexcept;
  bool make_room() noexcept;
  bool insert(Row row) noexcept;
  bool was_given_back(std::uintptr_t address) const noexcept;

  os::Memory& memory_;
  Budget& budget_;
  os::Lock lock_{os::LockRank::pass_through};
  os::Region table_;      // under lock_, as all below
  std::size_t row_mask_;  // one below their number, a power of two
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  std::array<std::uintptr_t, kRemembered> given_back_{};  // a ring
  std::size_t next_given_ = 0;
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
