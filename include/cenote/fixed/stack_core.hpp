/// A pool of equal blocks for one thread at a time: a stack of free slots and a state a slot, alone or behind a lock.
///
///     allocate --> pop an index --> mark it live
///     deallocate --> which slot starts here? --> live? mark it free --> push its index
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/base/alloc_error.hpp>
#include <cenote/base/check.hpp>
#include <cenote/base/result.hpp>
#include <cenote/fixed/free_stack.hpp>
#include <cenote/fixed/pool_lock.hpp>
#include <cenote/fixed/pool_stats.hpp>
#include <cenote/fixed/slot_space.hpp>

namespace cenote {

/// Fresh tables read as zero: every slot is free at first.
enum class SlotState : std::uint8_t { free = 0, live };

/// Threads     NoLock: one at a time; PoolLock: any.
template <class Mutex>
class StackCore {
 public:
  static constexpr std::size_t kEntryBytes = sizeof(SlotIndex);
  static constexpr std::size_t kStateBytes = sizeof(SlotState);

  StackCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory, const PoolOptions& options) noexcept
      : space_{plan, reserved, memory, options}, free_{space_}, states_{space_.states<SlotState>()} {}

  bool open() noexcept { return space_.open(); }

  Result<void*> allocate() noexcept {
    const Guard guard{mutex_};
    const SlotIndex slot = free_.pop();
    if (slot == kNoSlot) [[unlikely]]
      return refill_and_allocate();
    states_[slot] = SlotState::live;
    return space_.block_at(slot);
  }

  /// AllocError{}, or what is wrong with `block`; then nothing has changed.
  AllocError deallocate(void* block) noexcept {
    const Guard guard{mutex_};
    return deallocate_locked(block);
  }

  /// Calls `take(void*)` with up to `count` blocks; returns how many there were.
  template <class Take>
  std::size_t allocate_many(std::size_t count, Take take) noexcept {
    const Guard guard{mutex_};
    for (std::size_t done = 0; done < count; ++done) {
      SlotIndex slot = free_.pop();
      if (slot == kNoSlot) [[unlikely]] {
        if (!refill()) return done;
        slot = free_.pop();
      }
      states_[slot] = SlotState::live;
      take(space_.block_at(slot));
    }
    return count;
  }

  /// Gives back `block_of(0)` to `block_of(count - 1)`; calls `misused(AllocError, void*)`, unlocked, for each that is none.
  template <class BlockOf, class Misused>
  void deallocate_many(std::size_t count, BlockOf block_of, Misused misused) noexcept {
    for (std::size_t next = 0; next < count;) {
      AllocError error{};
      {
        const Guard guard{mutex_};
        while (next < count && error == AllocError{}) error = deallocate_if_any(block_of(next++));
      }
      if (error != AllocError{}) misused(error, block_of(next - 1));
    }
  }

  /// AllocError{} when `block` is a block in use.
  AllocError check(const void* block) const noexcept {
    const Guard guard{mutex_};
    return check_locked(space_.index_of(block));
  }

  Result<std::size_t> grow(std::size_t blocks) noexcept {
    const Guard guard{mutex_};
    return space_.grow(blocks);
  }
  std::size_t shrink() noexcept {
    const Guard guard{mutex_};
    return free_.shrink(&is_free, this);
  }

  const SlotSpace& space() const noexcept { return space_; }
  std::size_t in_use() const noexcept {
    const Guard guard{mutex_};
    return free_.out();
  }
  PoolStats stats() const noexcept {
    const Guard guard{mutex_};
    PoolStats stats;
    space_.describe(stats);
    stats.in_use = free_.out();
    stats.peak_in_use = free_.peak_out();
    stats.deallocations = deallocations_;
    stats.allocations = deallocations_ + stats.in_use;
    stats.failures = failures_;
    return stats;
  }

 private:
  using Guard = PoolGuard<Mutex>;

  AllocError check_locked(std::uint64_t slot) const noexcept {
    if (slot >= space_.capacity()) [[unlikely]]
      return AllocError::foreign_block;
    if (states_[slot] != SlotState::live) [[unlikely]]
      return AllocError::double_free;
    return {};
  }
  AllocError deallocate_locked(void* block) noexcept {
    const std::uint64_t slot = space_.index_of(block);
    if (const AllocError error = check_locked(slot); error != AllocError{}) [[unlikely]]
      return error;
    states_[slot] = SlotState::free;
    free_.push(static_cast<SlotIndex>(slot));
    ++deallocations_;
    return {};
  }
  AllocError deallocate_if_any(void* block) noexcept {
    return block == nullptr ? AllocError{} : deallocate_locked(block);
  }

  Result<void> refill() noexcept {
    const Result<void> refilled = free_.refill();
    if (!refilled) ++failures_;
    return refilled;
  }
  CENOTE_SLOW_PATH Result<void*> refill_and_allocate() noexcept {
    if (const Result<void> refilled = refill(); !refilled) return refilled.error();
    const SlotIndex slot = free_.pop();
    states_[slot] = SlotState::live;
    return space_.block_at(slot);
  }

  static bool is_free(const void* core, SlotIndex slot) noexcept {
    return static_cast<const StackCore*>(core)->states_[slot] == SlotState::free;
  }

  [[no_unique_address]] mutable Mutex mutex_{};
  SlotSpace space_;
  FreeStack free_;
  SlotState* states_;
  std::uint64_t deallocations_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace cenote
