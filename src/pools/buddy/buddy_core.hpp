/// What a BuddyAllocator is made of. Lies behind its blocks, in the same reservation.
///
///     allocate --> own shelf --> tree --> join all that is on shelves, and once more: then, and only then, exhausted
///     deallocate --> claim the block's state --> own shelf --> when its magazine is full, the older half to the tree
///
/// Invariants  a free block is on one shelf or in the tree whenever its lock is free: it passes from the one
///             to the other under both locks, the shelf's first. So whoever holds all locks sees all free
///             blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/budget.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

#include "pools/buddy/buddy_plan.hpp"
#include "pools/buddy/buddy_shelf.hpp"
#include "pools/buddy/buddy_tree.hpp"
#include "pools/buddy/unit_states.hpp"

namespace cenote {

/// Threads     any, but for create and destroy.
class BuddyCore {
 public:
  static BuddyPlanOutcome plan(const BuddyOptions& options) noexcept;
  /// Errors  limit_reached, out_of_memory.
  static Result<BuddyCore*> create(const BuddyPlan& plan, const BuddyOptions& options,
                                   os::Memory& memory) noexcept;
  /// Reports blocks in use, gives all memory back, `core` too.
  static void destroy(BuddyCore& core) noexcept;

  Result<void*> allocate(std::size_t size, std::size_t alignment) noexcept;
  /// Takes a block out of use; AllocError{}, or what is wrong with the address or size. SIZE_MAX: any size.
  AllocError claim(const void* address, std::size_t size, BuddyBlock& claimed) noexcept;
  /// Makes a claimed block free.
  void put_back(BuddyBlock block) noexcept;
  /// In pass-through mode a block is malloc's, and has one of ours as its ticket, so that room is counted as
  /// ever.
  bool passes() const noexcept { return passed_ != nullptr; }
  /// Takes back a block of malloc's, and its ticket. AllocError{}, or what is wrong with it.
  AllocError deallocate_passed(void* address, std::size_t size) noexcept;

  /// Of the block in use that starts at `address`; 0 when none does.
  std::size_t usable_size(const void* address) const noexcept;
  bool owns(const void* address) const noexcept {
    return passed_ == nullptr ? offset_of(address) < geometry_.bytes() : passed_->owns(address);
  }

  std::size_t largest_free() noexcept;
  BuddyStats stats() noexcept;
  std::size_t trim() noexcept;
  void check_invariants() noexcept;

  const BuddyGeometry& geometry() const noexcept { return geometry_; }
  std::size_t alignment_max() const noexcept { return plan_.alignment; }
  os::Region managed() const noexcept { return {base_, geometry_.bytes()}; }
  const char* name() const noexcept { return name_; }

 private:
  class AllLocked;

  BuddyCore(const BuddyPlan& plan, os::PagedRegion reserved, std::string_view name,
            detail::PoolBudget&& budget) noexcept;

  std::size_t offset_of(const void* address) const noexcept {
    return address_of(address) - address_of(base_);
  }
  std::byte* at(std::size_t offset) const noexcept { return reserved_.start + offset; }
  BuddyShelf* shelves() const noexcept { return reinterpret_cast<BuddyShelf*>(at(plan_.first_shelf)); }
  BuddyShelf& shelf_of_thread() const noexcept;

  void enlist() noexcept;
  bool open_passed() noexcept;
  std::size_t usable_size_of_passed(const void* address) const noexcept;
  Result<void*> pass(BuddyBlock ticket, std::size_t size, std::size_t alignment) noexcept;

  bool take(std::uint32_t order, BuddyBlock& block) noexcept;
  bool join_and_take(std::uint32_t order, BuddyBlock& block) noexcept;
  void flush_oldest(BuddyShelf& shelf, std::uint32_t order, std::uint32_t count) noexcept;
  AllocError why_not_in_use(std::uint32_t unit) const noexcept;
  void join_all() noexcept;
  void count_use(BuddyStats& stats) const noexcept;
  void count_free(BuddyStats& stats) const noexcept;
  bool purge(BuddyBlock block) noexcept;
  void check_shelf(const BuddyShelf& shelf) const noexcept;
  BuddyBlock block_from(std::uint32_t unit) const noexcept;

  static constexpr std::size_t kNameMax = 63;
  static constexpr std::size_t kAnySize = SIZE_MAX;

  // what fast paths read, never written
  std::byte* base_;
  BuddyGeometry geometry_;
  std::uint32_t shelf_mask_;
  UnitStates states_;               // any thread
  MallocBlocks* passed_ = nullptr;  // in pass-through mode

  BuddyPlan plan_;
  os::Region reserved_;
  os::Memory* memory_;
  Pages pages_;
  detail::PoolBudget
      budget_;  // all that is committed; in pass-through mode, blocks of malloc's in place of those here
  char name_[kNameMax + 1] = {};

  alignas(kCacheLine) os::Lock tree_lock_{os::LockRank::buddy_tree};
  BuddyTree tree_;              // under tree_lock_
  std::uint64_t failures_ = 0;  // under tree_lock_
  stats::Listed listed_;
  os::ForkHold shelves_fork_hold_;  // enlisted while there are shelves
  os::ScopedForkHold tree_fork_hold_{tree_lock_};
};

/// All locks of an allocator, shelves first; shelves may be let go of before the tree.
class BuddyCore::AllLocked {
 public:
  explicit AllLocked(BuddyCore& core) noexcept : core_{core} {
    core.shelves()[0].lock().lock();
    for (std::size_t i = 1; i < core.plan_.shelves; ++i) core.shelves()[i].lock().lock_beside_others();
    core.tree_lock_.lock();
  }
  ~AllLocked() {
    if (shelves_) unlock_shelves();
    core_.tree_lock_.unlock();
  }
  AllLocked(const AllLocked&) = delete;
  AllLocked& operator=(const AllLocked&) = delete;

  void unlock_shelves() noexcept {
    for (std::size_t i = 0; i < core_.plan_.shelves; ++i) core_.shelves()[i].lock().unlock();
    shelves_ = false;
  }

 private:
  BuddyCore& core_;
  bool shelves_ = true;
};

}  // namespace cenote
