/// The memory of a pool of equal blocks, and the slots in it that wait outside its list of free slots.
///
///     blocks   | in circulation, with idle slots between ....... | fresh tail        | reserved |
///              ^ base                                            ^ circulated end    ^ capacity ^ capacity_max
///
/// A slot is in circulation (with the user, or on the list of free slots), or in stock: never handed out yet,
/// or idle. Idle slots come back lowest first, so that what a program frees in any order it gets again in the
/// order of addresses; of a group of idle slots the pages may be purged. Blocks are never moved, so an
/// address tells whether it is a block's start at once.
///
/// Invariants  in circulation + stock() == capacity(); idle slots lie below the circulated end; all slots of
///             a purged group are idle.
/// Threads     block_at, index_of, contains, capacity: any. All others: one at a time, whoever owns or locks
///             the pool.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/passed_blocks.hpp>
#include <cenote/detail/pool_options.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/slot_plan.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Slots [first, first + count).
using SlotRun = IndexRun;

class SlotSpace {
 public:
  /// Over a reservation of plan.bytes, whose core is committed already; then `open`.
  SlotSpace(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
            const PoolOptions& options) noexcept;
  SlotSpace(const SlotSpace&) = delete;
  SlotSpace& operator=(const SlotSpace&) = delete;
  ~SlotSpace() {
    delist();
    if (passed_ != nullptr) PassedBlocks::destroy(passed_);
  }

  /// Commits the first capacity. Errors: limit_reached, out_of_memory.
  Result<void> open() noexcept;

  void* block_at(SlotIndex index) const noexcept { return base_ + geometry_.offset_of(index); }
  /// The slot that starts at `block`; not below capacity() when none does.
  std::uint64_t index_of(const void* block) const noexcept {
    return geometry_.index_at(static_cast<std::uint64_t>(static_cast<const std::byte*>(block) - base_));
  }
  /// Whether `address` lies in a slot, at its start or not.
  bool contains(const void* address) const noexcept;
  SlotIndex capacity() const noexcept { return capacity_.load(std::memory_order_relaxed); }

  template <class State>
  State* states() const noexcept {
    return reinterpret_cast<State*>(reserved_.start + plan_.states);
  }

  // --- stock -----------------------------------------------------------------------------------------------
  /// Slots in stock; exact for who owns or locks the pool, else a recent value.
  SlotIndex stock() const noexcept { return stock_.load(std::memory_order_relaxed); }
  /// Puts slots of the stock into circulation, up to `most` neighbours: the lowest idle ones, else fresh
  /// ones. Empty when there are none. O(1).
  SlotRun take_stock(SlotIndex most) noexcept;
  /// Puts circulating slots, which the pool has dropped from its list, into stock. O(count).
  void stow(const SlotIndex* slots, SlotIndex count) noexcept;
  /// Slots below are in circulation, without looking; of others ask `is_stocked`. For who owns or locks the
  /// pool.
  std::uint64_t circulating_below() const noexcept { return circulating_below_; }
  /// Whether a slot below capacity() is in stock.
  bool is_stocked(SlotIndex slot) const noexcept { return slot >= circulated_ || is_idle(slot); }

  // --- growing ---------------------------------------------------------------------------------------------
  /// Adds exactly `blocks` to the stock. Errors: limit_reached, out_of_memory; then nothing has changed.
  Result<std::size_t> grow(std::size_t blocks) noexcept;
  /// Adds some: half as many as there are, or fewer where a limit has room for no more. Errors: exhausted
  /// when the pool is as large as it may be; limit_reached; out_of_memory.
  Result<void> grow_on_demand() noexcept;
  bool can_grow() const noexcept { return capacity() < capacity_max(); }
  SlotIndex capacity_max() const noexcept { return plan_.capacity_max; }

  // --- shrinking -------------------------------------------------------------------------------------------
  /// Tells whether a slot is on the pool's list of free slots.
  using IsFree = bool (*)(const void* pool, SlotIndex slot) noexcept;
  /// Takes groups whose slots are all free out of circulation, gives their pages back, and lowers the
  /// capacity as far as all at its end is in stock, though not below what the options asked for. The pool
  /// must then drop all slots that are in stock from its list. Returns bytes given back. O(circulated slots).
  std::size_t cool(const void* pool, IsFree is_free) noexcept;

  // --- the pool's identity ---------------------------------------------------------------------------------
  const char* name() const noexcept { return name_; }
  std::size_t block_bytes() const noexcept { return plan_.block_bytes; }
  std::size_t stride() const noexcept { return geometry_.stride(); }
  std::size_t alignment() const noexcept { return plan_.alignment; }
  /// What the pool gives in place of slots in pass-through mode; else null.
  PassedBlocks* passed() const noexcept { return passed_; }
  /// What to say of a pointer that is no slot in use: `error`, unless it is malloc's in pass-through mode.
  /// Then the first frees it.
  CENOTE_SLOW_PATH AllocError deallocate_passed(void* block, AllocError error) const noexcept;
  CENOTE_SLOW_PATH AllocError check_passed(const void* block, AllocError error) const noexcept;
  /// Calls `take(void*)` with up to `count` of them; returns how many there were.
  template <class Take>
  std::size_t pass_many(std::size_t count, Take take) const noexcept {
    std::size_t done = 0;
    for (; passed_ != nullptr && done < count; ++done) {
      const Result<void*> block = passed_->allocate();
      if (!block) break;
      take(*block);
    }
    return done;
  }
  /// Fills in what the space knows: capacity, grows, sizes, pages.
  void describe(PoolStats& stats) const noexcept;
  /// Lists the pool under its name, if it has one. `counts`: what the pool counts itself, slots that are
  /// neither in stock nor out among it, by `add_idle`.
  void enlist(stats::Gauges counts) noexcept;
  /// Ends that, before the pool gives up anything that `counts` reads.
  void delist() noexcept { listed_.close(); }
  /// Adds gauges for slots that are free in such memory: partial_slabs, thread_caches.
  void add_idle(stats::Gauges& gauges, stats::Figure memory, const stats::Gauge& slots) const noexcept;
  stats::Gauge capacity_gauge(stats::Figure figure, std::int64_t scale) const noexcept {
    return stats::Gauge::of(figure, capacity_, scale);
  }
  stats::Gauge stock_gauge(stats::Figure figure, std::int64_t scale) const noexcept {
    return stats::Gauge::of(figure, stock_, scale);
  }
  /// What is committed is charged to it. `report_passed` is to follow each call that may grow the space.
  const detail::PoolBudget& budget() const noexcept { return budget_; }
  os::Memory& memory() const noexcept { return *memory_; }
  os::Region reserved() const noexcept { return reserved_; }

 private:
  static constexpr std::size_t kNameMax = 63;

  std::uint64_t* words_at(std::size_t offset) const noexcept {
    return reinterpret_cast<std::uint64_t*>(reserved_.start + offset);
  }
  std::uint64_t* idle_words() const noexcept { return words_at(plan_.idle_words); }
  bool is_idle(SlotIndex slot) const noexcept { return plan_.idle.contains(idle_words(), slot); }
  SlotIndex group_of(SlotIndex slot) const noexcept { return slot / plan_.group_slots; }
  bool is_purged(SlotIndex group) const noexcept;
  void set_purged(SlotIndex group, bool purged) noexcept;
  SlotRun slots_of(SlotIndex group) const noexcept;
  bool all_free(SlotRun slots, const void* pool, IsFree is_free) const noexcept;
  void count_idle(SlotIndex more) noexcept;
  void forget_idle(SlotRun slots) noexcept;
  void chill(SlotIndex group) noexcept;
  void note_circulation() noexcept { circulating_below_ = idle_ == 0 ? circulated_ : 0; }
  SlotRun thaw() noexcept;
  bool commit_to(SlotIndex capacity) noexcept;
  bool commit(std::size_t from, std::size_t to) noexcept;
  void trim() noexcept;
  std::size_t purge(SlotIndex first_group, SlotIndex end_group) noexcept;
  std::size_t committed_bytes(SlotIndex slots) const noexcept;
  std::size_t purged_end() const noexcept;
  os::Region pages_of(SlotIndex first_group, SlotIndex end_group) const noexcept;

  // what fast paths read, on one line, never written but for capacity_
  std::byte* base_;
  SlotGeometry geometry_;
  std::uint64_t circulating_below_ = 0;  // 0 while some slots are idle
  std::atomic<SlotIndex> capacity_{0};

  std::atomic<SlotIndex> stock_{0};
  SlotIndex circulated_ = 0;  // slots below were handed out once
  SlotIndex idle_ = 0;        // among them
  std::uint64_t grows_ = 0;
  SlotPlan plan_;
  os::Region reserved_;
  os::Memory* memory_;
  detail::PoolBudget budget_;
  PassedBlocks* passed_ = nullptr;
  bool prefault_;
  Pages pages_;
  char name_[kNameMax + 1] = {};
  stats::Listed listed_;
};

/// The table of entries, which lies behind the core of its pool.
template <class Entry, class Core>
Entry* entries_behind(const Core& core) noexcept {
  const std::size_t offset = entries_offset(sizeof(Core));
  return reinterpret_cast<Entry*>(reinterpret_cast<std::uintptr_t>(&core) + offset);
}

}  // namespace cenote
