/// Memory of structures that are read without locks: a block that is out of a structure goes back to its pool
/// when no guard that could see it is left.
///
///     EpochDomain domain{{.name = "orders"}};
///     {
///       auto guard = domain.enter();       // what the structure leads to now stays, until the guard ends
///       ...
///     }
///     domain.retire(pool, node);           // out of the structure; destroyed and given back later
///
///     retire --> the thread's open batch --full, or a collection--> waiting, in order of epochs --no guard is as old--> pools
///
/// A collection ends an epoch: it takes all open batches, then raises the epoch, then looks at what each
/// thread announced. Whoever announces a later epoch, or announced nothing that it saw, read the structure
/// when those blocks were out of it.
///
/// Invariants  a block goes back after every guard that was there when it was retired, in batches; at most
///             `retired_max` wait, but for those that are retired inside a guard beyond it (see `retire`).
/// Source      Fraser, "Practical lock-freedom", University of Cambridge, 2004, 5.2.3; Hart, McKenney, Brown
///             & Walpole, "Performance of memory reclamation for lockless synchronization", 2007;
///             docs/adr/0020.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/epoch_record.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/instance_table.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Who pays for readers and collections to see each other (docs/adr/0020).
enum class EpochFence : std::uint8_t {
  /// each collection interrupts the process's running threads for some microseconds; a guard costs stores
  /// only. Where the
  collections,
  ///< system has no such fence: `readers`
  readers  ///< each outermost guard costs an atomic operation; nobody is interrupted
};

struct EpochOptions {
  std::string_view name = {};  ///< in statistics and in reports of stalled readers (copied, cut at 63 bytes)
  std::size_t retired_max = std::size_t{1} << 16;  ///< blocks that may wait; 0: any number
  std::uint32_t stall_after_ms = 1000;             ///< a guard that holds blocks back for longer is reported
  EpochFence fence = EpochFence::collections;
};

/// Exact when no other thread is inside a call.
struct EpochStats {
  std::uint64_t epoch = 0;         ///< one more with each collection
  std::uint64_t retired = 0;       ///< blocks so far
  std::uint64_t reclaimed = 0;     ///< of them given back to their pools
  std::size_t waiting = 0;         ///< the others
  std::size_t retired_max = 0;     ///< that may wait; 0: any number
  std::size_t threads = 0;         ///< that have used the domain and have not ended
  std::size_t readers = 0;         ///< of them inside a guard
  std::size_t stalled = 0;         ///< of them for longer than `stall_after_ms`, with blocks that wait
  std::size_t metadata_bytes = 0;  ///< of the lists of retired blocks
};

/// Threads     any. The destructor: no thread is inside a call or a guard.
class EpochDomain {
 public:
  /// Keeps what the domain's structures lead to. Guards of one thread nest, in any order; each ends on the
  /// thread that it began on.
  class [[nodiscard]] Guard {
   public:
    Guard(Guard&& other) noexcept : domain_{std::exchange(other.domain_, nullptr)}, record_{other.record_} {}
    Guard& operator=(Guard&&) = delete;
    [[gnu::always_inline]] ~Guard() {
      if (domain_ != nullptr) domain_->leave(record_);
    }

   private:
    friend EpochDomain;
    Guard(EpochDomain& domain, EpochRecord* record) noexcept : domain_{&domain}, record_{record} {}

    EpochDomain* domain_;
    EpochRecord* record_;  // null: the thread has none of its own
  };

  explicit EpochDomain(const EpochOptions& options = {}) noexcept;
  /// Gives all retired blocks back, also those that destructors retire meanwhile.
  ~EpochDomain();
  EpochDomain(const EpochDomain&) = delete;
  EpochDomain& operator=(const EpochDomain&) = delete;

  /// Begins a guard. Never fails: a thread that cannot have a record of its own shares one, under a lock. Not
  /// for signal handlers.
  ///
  /// Complexity  O(1); the first of each thread O(threads).
  [[gnu::always_inline]] Guard enter() noexcept {
    EpochRecord* const record = epoch_records::find(id_);
    if (record == nullptr) [[unlikely]]
      return enter_slow();
    if (record->depth++ == 0) announce(*record);
    return Guard{*this, record};
  }

  /// Gives `object` back to `pool` when no guard that could see it is left: destroys it (unless it is a
  /// void*), then calls `pool.deallocate`, or `deallocate_many` for many at once. No new reader may come to
  /// it any more. The thread that gives it back, and when, is any that retires, collects, synchronizes or
  /// ends the domain.
  ///
  /// When `retired_max` blocks wait, a caller outside of guards waits for the readers; inside a guard, or
  /// inside a destructor of a reclaimed object, that could mean to wait for itself: there the block is taken
  /// beyond the limit, and the thread waits when its outermost guard ends.
  ///
  /// Precondition  the pool serves any thread, and stays where it is until the domain has given the block
  ///               back.
  /// Errors      AllocFailure{out_of_memory}: the system refuses memory for the list of blocks; `object` is
  ///             the caller's still.
  /// Complexity  O(1); now and then a collection.
  template <class Pool, class T>
  requires Reclaims<Pool, T>
  void retire(Pool& pool, T* object) { retire_any(retired::of(pool, object)); }
  /// The same for a pool of blocks with a size.
  template <ReclaimsBlocks Pool>
  void retire(Pool& pool, Block block) {
    retire_any(retired::of(pool, block));
  }
  /// The same for a pool whose blocks have sizes of their own. A block that the pool does not know with that
  /// size reaches the misuse handler at once.
  template <ReclaimsSizedBlocks Pool>
  void retire(Pool& pool, Block block) {
    if (pool.block_size(block.data()) != block.size()) return pool.deallocate(block);
    retire_any(retired::of(pool, block));
  }
  /// The same for whatever `deleter(object)` gives back; by default `delete`.
  template <class T, class Deleter = std::default_delete<T>>
  requires SmallDeleter<Deleter, T>
  void retire(T* object, Deleter deleter = {}) { retire_any(retired::deleted(object, deleter)); }

  /// The same, but never waits and never goes beyond the limit.
  ///
  /// Errors      limit_reached: `retired_max` blocks wait; out_of_memory; then nothing has changed.
  template <class Pool, class T>
  requires Reclaims<Pool, T> Result<void> try_retire(Pool& pool, T* object)
  noexcept { return as_result(try_retire_any(retired::of(pool, object))); }
  template <ReclaimsBlocks Pool>
  Result<void> try_retire(Pool& pool, Block block) noexcept {
    return as_result(try_retire_any(retired::of(pool, block)));
  }
  template <ReclaimsSizedBlocks Pool>
  Result<void> try_retire(Pool& pool, Block block) noexcept {
    if (pool.block_size(block.data()) != block.size()) return pool.try_deallocate(block);
    return as_result(try_retire_any(retired::of(pool, block)));
  }
  template <class T, class Deleter = std::default_delete<T>>
  requires SmallDeleter<Deleter, T> Result<void> try_retire(T* object, Deleter deleter = {})
  noexcept { return as_result(try_retire_any(retired::deleted(object, deleter))); }

  /// Gives back what no guard can see any more, whichever thread retired it; returns how many. Waits for
  /// nobody. O(threads + blocks).
  std::size_t collect() noexcept;

  /// Waits until every guard of now has ended, and all that was retired before has been given back, or is
  /// being so by another thread. Precondition: the caller has no guard of this domain.
  void synchronize() noexcept;

  EpochStats stats() const noexcept;
  /// "" when it has none.
  const char* name() const noexcept { return name_.data(); }

  // --- for epoch_records -----------------------------------------------------------------------------------
  os::InstanceId id() const noexcept { return id_; }
  /// A record whose thread has ended, to be had again; null when there is none.
  EpochRecord* adopt_ended() noexcept;
  /// Links a fresh record, for the calling thread.
  void adopt(EpochRecord& record) noexcept;
  /// Its thread ends: what it retired stays with the domain. A record in a guard stays taken: its reader has
  /// stalled for good.
  void let_go(EpochRecord& record) noexcept;
  /// Unlinks one of its records; null when there is none left.
  EpochRecord* drop_record() noexcept;
  /// In the child of a fork only the thread of `mine` goes on: no other is inside a guard.
  void forget_others(const EpochRecord* mine) noexcept;

  EpochDomain* next = nullptr;  // of all domains; under their lock

 private:
  enum class Bound : std::uint8_t { kept, exceeded };
  struct Stall;

  [[gnu::always_inline]] void announce(EpochRecord& record) noexcept {
    const std::uint64_t now = epoch_.load(std::memory_order_acquire);
    if (fence_ == EpochFence::collections) [[likely]] {
      record.announced.store(now, std::memory_order_release);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // with the collection's process_fence
    } else {
      record.announced.exchange(now, std::memory_order_acq_rel);  // with the collection's
    }
  }
  [[gnu::always_inline]] void leave(EpochRecord* record) noexcept {
    if (record == nullptr) [[unlikely]]
      return leave_slow();
    if (--record->depth != 0) return;
    record->announced.store(0, std::memory_order_release);
    if (record->owes) [[unlikely]]
      settle(*record);
  }

  /// False when the open batch is full, or not there; `batch` then is the full one, taken out, or null.
  static bool put(EpochRecord& record, const Retired& block, RetiredBatch*& batch) noexcept {
    batch = record.open.exchange(nullptr, std::memory_order_acquire);
    if (batch == nullptr || batch->is_full()) [[unlikely]]
      return false;
    add(record, *batch, block);
    return true;
  }
  static void add(EpochRecord& record, RetiredBatch& batch, const Retired& block) noexcept {
    batch.add(block);
    record.retired.store(record.retired.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    record.open.store(&batch, std::memory_order_release);
  }
  AllocError try_retire_any(const Retired& block) noexcept {
    RetiredBatch* full = nullptr;
    if (EpochRecord* const record = epoch_records::find(id_)) [[likely]] {
      if (put(*record, block, full)) [[likely]]
        return {};
    }
    return retire_slow(block, full);
  }
  void retire_any(const Retired& block) {
    if (const AllocError error = try_retire_any(block); error != AllocError{}) [[unlikely]]
      retire_beyond(block, error);
  }
  static Result<void> as_result(AllocError error) noexcept {
    return error == AllocError{} ? Result<void>{} : Result<void>{error};
  }

  CENOTE_SLOW_PATH Guard enter_slow() noexcept;
  CENOTE_SLOW_PATH void leave_slow() noexcept;
  CENOTE_SLOW_PATH void settle(EpochRecord& record) noexcept;
  CENOTE_SLOW_PATH AllocError retire_slow(const Retired& block, RetiredBatch* full) noexcept;
  CENOTE_SLOW_PATH void retire_beyond(const Retired& block, AllocError error);
  AllocError append(EpochRecord* record, RetiredBatch* full, const Retired& block, Bound bound) noexcept;
  std::size_t give_back(BatchList& ready) noexcept;
  bool is_over_limit() noexcept;
  bool has_passed(std::uint64_t epoch) noexcept;

  // Under lock_:
  std::uint32_t room_for_batch(Bound bound) const noexcept;
  RetiredBatch* open_batch(Bound bound) noexcept;
  void seal(RetiredBatch& batch) noexcept;
  void gather() noexcept;
  std::uint64_t announced_by(EpochRecord& record) const noexcept;
  std::uint64_t oldest_reader(std::uint64_t now, Stall& stall) noexcept;
  std::uint64_t end_epoch() noexcept;
  void take_ready(BatchList& ready, Stall& stall) noexcept;
  void keep(RetiredBatch& batch) noexcept;
  std::size_t waiting_blocks() const noexcept;
  void note_held(EpochRecord& record, std::uint64_t epoch, std::uint64_t now, Stall& stall) noexcept;
  bool is_stalled(const EpochRecord& record, std::uint64_t now) const noexcept;

  // Read by every guard, written by collections.
  os::InstanceId id_{};
  EpochFence fence_;
  // under lock_: written; any thread: read, acquire
  alignas(kCacheLine) std::atomic<std::uint64_t> epoch_{1};

  alignas(kCacheLine) mutable os::Lock lock_{os::LockRank::epoch_domain};
  // All below under lock_.
  EpochRecord shared_{};             // of all threads without one of their own
  EpochRecord* records_ = &shared_;  // never unlinked while the domain lives
  BatchList sealed_{};               // since the last collection
  BatchList waiting_{};              // each with the epoch that it waits for; rising
  BatchList idle_{};
  std::size_t sealed_blocks_ = 0;
  std::size_t charged_ = 0;  // blocks that wait or are being given back, and room in open batches
  std::atomic<std::uint64_t> reclaimed_{0};
  std::atomic<std::uint64_t> metadata_bytes_{0};

  const std::size_t retired_max_;  // SIZE_MAX: any number
  const std::uint32_t batch_room_;
  const std::size_t collect_at_;  // sealed blocks for which a thread that retires collects
  const std::uint64_t stall_after_ms_;
  std::array<char, stats::kNameMax + 1> name_{};
  stats::Listed listed_;
  os::ScopedForkHold fork_hold_{lock_};
};

}  // namespace cenote
