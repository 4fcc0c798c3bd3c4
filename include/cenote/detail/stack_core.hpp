/// A pool of equal blocks for one thread at a time: a set of free slots, alone or behind a lock.
///
///     allocate --> take a slot
///     deallocate --> which slot starts here? --> not free yet? put it back
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/free_slots.hpp>
#include <cenote/detail/pool_lock.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/slot_space.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     NoLock: one at a time; PoolLock: any.
template <class Mutex>
class StackCore {
 public:
  static constexpr std::size_t kEntryBytes = sizeof(FreeSet::Cell);
  static constexpr std::size_t kStateBytes = 0;

  StackCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
            const PoolOptions& options) noexcept
      : space_{plan, reserved, memory, options}, free_{space_} {}

  Result<void> open() noexcept {
    if (const Result<void> opened = space_.open(); !opened) return opened;
    stats::Gauges gauges;
    free_.add_here(gauges);
    free_.add_taken(gauges);
    gauges.add(stats::Gauge::of(stats::Figure::failures, failures_));
    space_.enlist(gauges);
    return {};
  }

  Result<void*> allocate() noexcept {
    const Guard guard{mutex_};
    if (free_.at_floor()) [[unlikely]] {
      if (free_.size() == 0) return refill_and_allocate();
      free_.lower_floor();
    }
    return space_.block_at(free_.take(cells()));
  }

  /// AllocError{}, or what is wrong with `block`; then nothing has changed. What `refused(AllocError)` makes
  /// of that is returned.
  template <class Refused = Tell>
  AllocError deallocate(void* block, Refused refused = {}) noexcept {
    const Guard guard{mutex_};
    return deallocate_locked(block, refused);
  }

  /// Calls `take(void*)` with up to `count` blocks; returns how many there were.
  template <class Take>
  std::size_t allocate_many(std::size_t count, Take take) noexcept {
    const detail::LimitReporter reporter{space_.budget()};
    const Guard guard{mutex_};
    for (std::size_t done = 0; done < count; ++done) {
      if (free_.size() == 0 && !refill()) return done + space_.pass_many(count - done, take);
      if (free_.at_floor()) free_.lower_floor();
      take(space_.block_at(free_.take(cells())));
    }
    return count;
  }

  /// Gives back `block_of(0)` to `block_of(count - 1)`; calls `misused(AllocError, void*)`, unlocked, for
  /// each that is none.
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
    const AllocError error = check_locked(space_.index_of(block));
    return error == AllocError{} ? error : space_.check_passed(block, error);
  }

  /// Calls `visit(void*)` for each block in use, in address order, with the lock held.
  template <class Visit>
  void for_each(Visit visit) {
    const Guard guard{mutex_};
    for (SlotIndex slot = 0; slot < space_.circulating_below(); ++slot) {
      if (check_locked(slot) == AllocError{}) visit(space_.block_at(slot));
    }
  }

  Result<std::size_t> grow(std::size_t blocks) noexcept {
    const detail::LimitReporter reporter{space_.budget()};
    const Guard guard{mutex_};
    return space_.grow(blocks);
  }
  std::size_t trim() noexcept {
    const Guard guard{mutex_};
    return free_.trim(cells(), this, &is_free);
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
    stats.allocations = free_.taken();
    stats.deallocations = stats.allocations - stats.in_use;
    stats.failures = failures_;
    return stats;
  }

 private:
  using Guard = PoolGuard<Mutex>;

  FreeSet::Cell* cells() const noexcept { return entries_behind<FreeSet::Cell>(*this); }

  AllocError check_locked(std::uint64_t slot) const noexcept {
    if (slot >= space_.circulating_below()) [[unlikely]] {
      if (slot >= space_.capacity()) return AllocError::foreign_block;
      if (space_.is_stocked(static_cast<SlotIndex>(slot))) return AllocError::double_free;
    }
    if (free_.contains(cells(), static_cast<std::size_t>(slot))) [[unlikely]]
      return AllocError::double_free;
    return {};
  }
  template <class Refused>
  AllocError deallocate_locked(void* block, Refused refused) noexcept {
    const std::uint64_t slot = space_.index_of(block);
    if (const AllocError error = check_locked(slot); error != AllocError{}) [[unlikely]]
      return refused(error);
    free_.put(cells(), static_cast<std::size_t>(slot));
    return {};
  }
  AllocError deallocate_if_any(void* block) noexcept {
    return block == nullptr ? AllocError{} : deallocate_locked(block, Tell{});
  }

  Result<void> refill() noexcept {
    const Result<void> refilled = free_.refill(cells());
    if (!refilled) ++failures_;
    return refilled;
  }
  CENOTE_SLOW_PATH Result<void*> refill_and_allocate() noexcept {
    const Result<void*> block = space_.passed() != nullptr ? space_.passed()->allocate() : take_fresh();
    if (g_limits_report.load(std::memory_order_relaxed)) [[unlikely]]
      report_unlocked();
    return block;
  }
  // The caller's guard holds the lock.
  void report_unlocked() noexcept {
    mutex_.unlock();
    space_.budget().report_passed();
    mutex_.lock();
  }
  Result<void*> take_fresh() noexcept {
    if (const Result<void> refilled = refill(); !refilled) return refilled.error();
    free_.lower_floor();
    return space_.block_at(free_.take(cells()));
  }

  static bool is_free(const void* core, SlotIndex slot) noexcept {
    const auto& pool = *static_cast<const StackCore*>(core);
    return pool.free_.contains(pool.cells(), slot);
  }

  [[no_unique_address]] mutable Mutex mutex_{};
  SlotSpace space_;
  FreeSet free_;
  std::uint64_t failures_ = 0;
  [[no_unique_address]] typename Mutex::ForkHold fork_hold_{mutex_};
};

}  // namespace cenote
