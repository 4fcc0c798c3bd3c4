/// A pool of equal blocks with a small stock in each thread: most calls write no shared memory.
///
///     allocate --> own cache --empty--> half a cache from the depot --empty--> stock, growing
///                                                                   --none--> recall: what all threads' caches hold
///     deallocate --> own cache --full--> its older half to the depot, in one batch
///
/// So a bounded pool says `exhausted` only when every block is in use. A double free is found by the slot's
/// state; two frees of one block at the very same instant by two threads can both pass.
///
/// Source  Bonwick & Adams, "Magazines and Vmem", USENIX ATC 2001; the recall is asymmetric as in Dice, Huang
///         & Yang, "Asymmetric Dekker Synchronization", 2001.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/free_slots.hpp>
#include <cenote/detail/instance_table.hpp>
#include <cenote/detail/pool_lock.hpp>
#include <cenote/detail/pool_stats.hpp>
#include <cenote/detail/slot_space.hpp>
#include <cenote/result.hpp>

// One thread's own stock of one pool, and how a thread finds it: the one it refilled last at once, others in
// a table of its own (os/instance_table.hpp).
//
// The owner says `busy` around each use, with plain stores; who must have the slots back sets the pool's
// recall flag, runs a fence on all threads (os/process_fence.hpp), and waits for the busy ones. So a use
// costs no atomic operation, and no slot is out of reach.

namespace cenote {

class ThreadCachedCore;

/// How many slots a cache has, and how many it gave, in one word that each use writes once.
///
///     taken so far: 32 bits | slots here: 32 bits
struct CacheWord {
  static constexpr std::uint64_t kOneTaken = std::uint64_t{1} << 32;

  std::uint64_t bits = 0;

  SlotIndex count() const noexcept { return static_cast<SlotIndex>(bits); }
  std::uint64_t taken() const noexcept { return bits >> 32; }
  /// The same with `slots` here.
  CacheWord with_count(SlotIndex slots) const noexcept { return {bits - count() + slots}; }
};

struct alignas(2 * kCacheLine) SlotCache {
  static constexpr SlotIndex kSlotsMax = 1024;

  std::atomic<bool> busy{false};  // its owner is inside a use
  // a CacheWord; written by its owner while busy, or under the pool's lock while nobody is
  std::atomic<std::uint64_t> word{0};
  std::atomic<std::uint64_t> taken_wraps{0};  // likewise
  std::array<SlotIndex, kSlotsMax> slots{};   // likewise; the one given back last on top

  std::uint64_t serial = 0;          // under the lock of all caches: the pool's, 0 for none
  ThreadCachedCore* pool = nullptr;  // likewise
  SlotCache* next = nullptr;         // of the pool's, under its lock; or of the idle ones

  CacheWord read() const noexcept { return {word.load(std::memory_order_relaxed)}; }
  void write(CacheWord value) noexcept { word.store(value.bits, std::memory_order_relaxed); }
};

namespace slot_caches {

using Table = os::InstanceTable<SlotCache>;
/// A pool's place in the tables of all threads; without a number: the pool does without caches.
using Identity = os::InstanceId;

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_table;
/// One of the table's entries, within reach of one load: what `find` costs beside it decides what a
/// ThreadCached call costs.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table::Entry t_latest;

/// The calling thread's cache of that pool; null when it has none.
inline SlotCache* find(Identity pool) noexcept {
  if (t_latest.serial == pool.serial) [[likely]]
    return t_latest.part;
  return t_table.find(pool);
}

/// The same from a slow path, attached when there is none; the next `find` of this pool is the fastest. Null
/// when the thread is past its end, the pool has no number, or the system refuses memory.
SlotCache* find_or_attach(ThreadCachedCore& pool) noexcept;

/// Enters a pool; without a number when there are 65,536 already, or no process fence.
Identity enter(ThreadCachedCore& pool) noexcept;
/// Forgets a pool and its caches; no thread is inside a call on it.
void leave(ThreadCachedCore& pool) noexcept;

}  // namespace slot_caches

/// Fresh tables read as zero: every slot is free at first.
enum class SlotState : std::uint8_t { free = 0, live };

/// Threads     any.
class ThreadCachedCore {
 public:
  static constexpr std::size_t kEntryBytes = sizeof(FreeStack::Cell);
  static constexpr std::size_t kStateBytes = sizeof(std::atomic<SlotState>);

  ThreadCachedCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
                   const PoolOptions& options) noexcept;
  ~ThreadCachedCore();
  ThreadCachedCore(const ThreadCachedCore&) = delete;
  ThreadCachedCore& operator=(const ThreadCachedCore&) = delete;
  Result<void> open() noexcept;

  Result<void*> allocate() noexcept {
    if (SlotCache* const cache = slot_caches::find(identity_)) [[likely]] {
      Use use{*this, *cache};
      if (use.granted() && use.count() != 0) [[likely]]
        return handed_out(use.take());
    }
    return allocate_slow();
  }

  /// AllocError{}, or what is wrong with `block`; then nothing has changed. What `refused(AllocError)` makes
  /// of that is returned.
  template <class Refused = Tell>
  AllocError deallocate(void* block, Refused refused = {}) noexcept {
    const std::uint64_t index = space_.index_of(block);
    if (const AllocError error = check_slot(index); error != AllocError{}) [[unlikely]]
      return refused(error);
    const auto slot = static_cast<SlotIndex>(index);
    if (SlotCache* const cache = slot_caches::find(identity_)) [[likely]] {
      Use use{*this, *cache};
      if (use.granted() && use.count() < cache_slots_.load(std::memory_order_relaxed)) [[likely]] {
        take_back(slot);
        use.put(slot);
        return {};
      }
    }
    deallocate_slow(slot);
    return {};
  }

  /// Calls `take(void*)` with up to `count` blocks; returns how many there were.
  template <class Take>
  std::size_t allocate_many(std::size_t count, Take take) noexcept {
    std::size_t done = 0;
    if (SlotCache* const cache = slot_caches::find(identity_)) {
      Use use{*this, *cache};
      for (; use.granted() && done < count && use.count() != 0; ++done) take(handed_out(use.take()));
    }
    if (done == count) return done;
    const detail::LimitReporter reporter{space_.budget()};
    const PoolGuard guard{lock_};
    for (; done < count; ++done) {
      if (!fill_depot()) return done + space_.pass_many(count - done, take);
      take(handed_out(take_from_depot()));
      ++direct_;
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
  std::size_t in_use() const noexcept;
  PoolStats stats() const noexcept;

  // --- for slot_caches -------------------------------------------------------------------------------------
  slot_caches::Identity identity() const noexcept { return identity_; }
  /// Links a cache that is empty.
  void adopt(SlotCache& cache) noexcept;
  /// Takes a cache's slots and unlinks it: its thread ends.
  void absorb(SlotCache& cache) noexcept;
  /// Unlinks one of its caches, whatever it holds: the pool ends. Null when there is none left.
  SlotCache* drop_cache() noexcept;
  /// In the child of a fork only the calling thread goes on: no other is busy.
  void forget_busy() noexcept;

  ThreadCachedCore* next = nullptr;  // of all pools; under the lock of all caches

 private:
  /// A use of the calling thread's cache. Not granted while slots are recalled: then the lock must be asked.
  /// Inlined always: in a large caller GCC keeps it whole in memory otherwise, at a quarter of the call's
  /// time.
  class [[nodiscard]] Use {
   public:
    [[gnu::always_inline]] Use(const ThreadCachedCore& pool, SlotCache& cache) noexcept : cache_{cache} {
      cache_.busy.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // with the recaller's process_fence
      granted_ = !pool.recalling_.load(std::memory_order_acquire);
      word_ = cache_.read();
    }
    [[gnu::always_inline]] ~Use() { cache_.busy.store(false, std::memory_order_release); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

    bool granted() const noexcept { return granted_; }
    SlotIndex count() const noexcept { return word_.count(); }
    [[gnu::always_inline]] SlotIndex take() noexcept {
      const SlotIndex slot = cache_.slots[word_.count() - std::size_t{1}];
      if (__builtin_add_overflow(word_.bits, CacheWord::kOneTaken - 1, &word_.bits)) [[unlikely]]
        cache_.taken_wraps.fetch_add(1, std::memory_order_relaxed);
      cache_.write(word_);
      return slot;
    }
    [[gnu::always_inline]] void put(SlotIndex slot) noexcept {
      cache_.slots[word_.count()] = slot;
      ++word_.bits;
      cache_.write(word_);
    }

   private:
    SlotCache& cache_;
    CacheWord word_{};
    bool granted_ = false;
  };

  AllocError check_slot(std::uint64_t slot) const noexcept {
    if (slot >= space_.capacity()) [[unlikely]]
      return AllocError::foreign_block;
    if (states_[slot].load(std::memory_order_relaxed) != SlotState::live) [[unlikely]]
      return AllocError::double_free;
    return {};
  }
  void* handed_out(SlotIndex slot) noexcept {
    states_[slot].store(SlotState::live, std::memory_order_relaxed);
    return space_.block_at(slot);
  }
  // Inside a Use or under the lock, so that nobody meets a slot that is free and nowhere.
  void take_back(SlotIndex slot) noexcept { states_[slot].store(SlotState::free, std::memory_order_relaxed); }

  void enlist() noexcept;
  CENOTE_SLOW_PATH Result<void*> allocate_slow() noexcept;
  CENOTE_SLOW_PATH void deallocate_slow(SlotIndex slot) noexcept;
  Result<void> fill_depot() noexcept;
  FreeStack::Cell* cells() const noexcept { return entries_behind<FreeStack::Cell>(*this); }
  SlotIndex take_from_depot() noexcept {
    if (depot_.at_floor()) depot_.lower_floor();
    return depot_.take(cells());
  }
  bool caches_are_empty() const noexcept;
  void share_among_caches() noexcept;
  SlotIndex fair_batch() const noexcept;
  void fill_cache(SlotCache& cache) noexcept;
  void put_in_depot(const SlotIndex* slots, SlotIndex count) noexcept;
  void flush_older(SlotCache& cache) noexcept;
  void start_recall() noexcept;
  void end_recall() noexcept;
  void take_all(SlotCache& cache) noexcept;
  void end_cache(SlotCache& cache) noexcept;
  SlotIndex cached() const noexcept;
  std::uint64_t allocations() const noexcept;
  static bool is_free(const void* core, SlotIndex slot) noexcept;

  SlotSpace space_;
  slot_caches::Identity identity_{};
  std::atomic<SlotIndex> cache_slots_;  // most slots in a thread's cache; written under lock_
  SlotIndex depot_slots_;               // most slots in the depot, before the older half is stowed
  std::atomic<SlotState>* states_;
  std::atomic<bool> recalling_{false};  // written under lock_

  alignas(kCacheLine) mutable PoolLock lock_;
  FreeStack depot_;              // under lock_, as all below
  SlotCache* caches_ = nullptr;  // of all threads
  SlotIndex cache_count_ = 0;
  std::uint64_t direct_ = 0;      // blocks from the depot to a caller
  std::uint64_t taken_past_ = 0;  // from caches that have ended
  std::uint64_t failures_ = 0;
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
