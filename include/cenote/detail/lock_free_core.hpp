/// A pool of equal blocks for any thread, without a lock while slots circulate: a tagged stack, refilled from
/// stock behind a lock.
///
/// A double free is found by the slot's link, which tells whether it is out; two frees of one block at the
/// very same instant can both pass (a third atomic operation a pair would tell them apart, at half as much
/// time again: docs/adr/0009).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/check.hpp>
#include <cenote/detail/pool_lock.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/slot_space.hpp>
#include <cenote/detail/tagged_stack.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     any.
class LockFreeCore {
 public:
  static constexpr std::size_t kEntryBytes = sizeof(std::atomic<std::uint64_t>);
  static constexpr std::size_t kStateBytes = 0;

  LockFreeCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
               const PoolOptions& options) noexcept;
  Result<void> open() noexcept;

  Result<void*> allocate() noexcept {
    const Stack::Popped popped = stack_.pop();
    if (popped.slot == kNoSlot) [[unlikely]]
      return refill_and_allocate();
    note_out(popped.out);
    return space_.block_at(popped.slot);
  }

  /// AllocError{}, or what is wrong with `block`; then nothing has changed. What `refused(AllocError)` makes
  /// of that is returned.
  template <class Refused = Tell>
  AllocError deallocate(void* block, Refused refused = {}) noexcept {
    const std::uint64_t slot = space_.index_of(block);
    if (const AllocError error = check_slot(slot); error != AllocError{}) [[unlikely]]
      return refused(error);
    stack_.push(static_cast<SlotIndex>(slot));
    return {};
  }

  /// Calls `take(void*)` with up to `count` blocks; returns how many there were.
  template <class Take>
  std::size_t allocate_many(std::size_t count, Take take) noexcept {
    std::size_t done = 0;
    while (done < count) {
      const std::size_t before = done;
      const auto wanted = static_cast<SlotIndex>(count - done < kNoSlot ? count - done : kNoSlot);
      const Stack::Popped popped = stack_.pop_many(wanted, [&](SlotIndex slot) {
        take(space_.block_at(slot));
        ++done;
      });
      if (popped.slot != kNoSlot) note_out(popped.out);
      if (done != before) continue;
      const Result<void*> block = refill_and_allocate();
      if (!block) return done;
      take(*block);
      ++done;
    }
    return done;
  }

  /// Gives back `block_of(0)` to `block_of(count - 1)`; calls `misused(AllocError, void*)` for each that is
  /// none.
  template <class BlockOf, class Misused>
  void deallocate_many(std::size_t count, BlockOf block_of, Misused misused) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      void* const block = block_of(i);
      const AllocError error = block == nullptr ? AllocError{} : deallocate(block);
      if (error != AllocError{}) misused(error, block);
    }
  }

  /// AllocError{} when `block` is a block in use.
  AllocError check(const void* block) const noexcept {
    const AllocError error = check_slot(space_.index_of(block));
    return error == AllocError{} ? error : space_.check_passed(block, error);
  }

  Result<std::size_t> grow(std::size_t blocks) noexcept;
  std::size_t trim() noexcept;

  const SlotSpace& space() const noexcept { return space_; }
  std::size_t in_use() const noexcept { return stack_.out(); }
  PoolStats stats() const noexcept;

 private:
  using Stack = TaggedStack<>;

  AllocError check_slot(std::uint64_t slot) const noexcept {
    if (slot >= space_.capacity()) [[unlikely]]
      return AllocError::foreign_block;
    if (!stack_.is_out(static_cast<SlotIndex>(slot))) [[unlikely]]
      return AllocError::double_free;
    return {};
  }
  void note_out(SlotIndex out) noexcept {
    if (out > peak_out_.load(std::memory_order_relaxed)) [[unlikely]]
      raise_peak(out);
  }
  void raise_peak(SlotIndex out) noexcept;
  CENOTE_SLOW_PATH Result<void*> refill_and_allocate() noexcept;
  Result<void*> refuse(AllocError error) noexcept;
  void* pop_block() noexcept;
  SlotIndex hold_all(SlotIndex& count) noexcept;
  void release_held(SlotIndex first) noexcept;
  static bool is_held(const void* core, SlotIndex slot) noexcept;

  SlotSpace space_;
  Stack stack_;
  std::atomic<SlotIndex> peak_out_{0};
  mutable PoolLock lock_;  // refilling, growing, shrinking
  std::atomic<std::uint64_t> failures_{0};
  std::uint64_t pops_by_trim_ = 0;  // under lock_
  // all slots have been in circulation, and the pool cannot grow; set under lock_
  std::atomic<bool> settled_{false};
  std::atomic<bool> has_shrunk_{false};  // set under lock_
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
