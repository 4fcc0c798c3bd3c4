/// A lock of four bytes that allocates nothing, is usable before main, and knows its rank.
///
/// Ranks are taken in rising order; the presets with CENOTE_CHECKED abort when a thread breaks that order, so
/// a deadlock shows in a test of one thread.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/check.hpp>

namespace cenote::os {

/// The order in which locks may nest: a thread that holds one takes only higher ones.
enum class LockRank : std::uint8_t {
  pressure,      // one pressure monitor's callbacks, which may compact
  compaction,    // one pool's compaction, which calls the user's constructors: they may take any that follows
  limits,        // who sets limits
  listings,      // the list of all that has a name
  arena,         // one thread's lane of one arena, which may ask a pool for a chunk
  manager,       // one manager of blocks of mixed sizes, and its heap
  registry,      // all heaps and the threads that use them
  quarantine,    // one heap's freed blocks that wait
  sampler,       // one heap's slabs of sampled blocks
  central_pool,  // of one heap: the slabs that its threads share
  ready,         // one thread cache's stack of slabs with remote frees
  huge,          // all huge blocks
  page_heap,     // all units of 64 KiB
  epochs,        // all epoch domains, and what threads have of them
  epoch_domain,  // one domain's retired blocks
  epoch_batches,  // lists of retired blocks that no domain has
  slot_caches,    // all thread caches of fixed pools
  fixed_pool,     // one pool of equal blocks
  movable,        // one pool of movable objects
  buddy_shelf,    // blocks that some threads gave back to one buddy allocator
  buddy_tree,     // the joined free blocks of one buddy allocator
  names,          // budgets by name
  budget,         // all budgets that have limits; pools charge them under their own locks
  pass_through,   // the blocks that one pool has from malloc
  profile,        // what was sampled
  machine,        // what is known of the machine
  fork,           // the locks that a fork takes
};

/// Source  Drepper, "Futexes Are Tricky", mutex 2: 0 free, 1 held, 2 held with sleepers.
class Lock {
 public:
  explicit constexpr Lock(LockRank rank) noexcept : rank_{rank} {}
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() noexcept {
    if constexpr (kChecked) check_rank();
    lock_beside_others();
  }

  /// Takes it when nobody has it, else false. Never waits, so it may be of any rank.
  [[nodiscard]] bool try_lock() noexcept {
    if (!try_hold()) return false;
    if constexpr (kChecked) note_locked();
    return true;
  }

  void unlock() noexcept {
    if constexpr (kChecked) note_unlocked();
    let_go();
  }

  /// As lock, beside other locks of its rank: for a caller that takes several of them in one order.
  void lock_beside_others() noexcept {
    hold();
    if constexpr (kChecked) note_locked();
  }

  // For a fork (os/fork.hpp): as lock, try_lock and unlock, but the checks of ranks take no notice. It takes
  // all locks, in rising order.
  void hold() noexcept {
    std::uint32_t expected = kFree;
    if (!word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed))
      wait();
  }
  [[nodiscard]] bool try_hold() noexcept {
    std::uint32_t expected = kFree;
    return word_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  void let_go() noexcept {
    if (word_.exchange(kFree, std::memory_order_release) == kContended) wake();
  }

  /// Makes it free whoever held it: in the child of a fork, where its holder does not exist.
  void reset() noexcept { word_.store(kFree, std::memory_order_relaxed); }

  constexpr LockRank rank() const noexcept { return rank_; }

 private:
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kContended = 2;

  void wait() noexcept;
  void wake() noexcept;
  void check_rank() const noexcept;
  void note_locked() const noexcept;
  void note_unlocked() const noexcept;

  std::atomic<std::uint32_t> word_{kFree};
  LockRank rank_;
};

/// Holds a lock for a scope.
class [[nodiscard]] LockGuard {
 public:
  explicit LockGuard(Lock& lock) noexcept : lock_{lock} { lock_.lock(); }
  ~LockGuard() { lock_.unlock(); }
  LockGuard(const LockGuard&) = delete;
  LockGuard& operator=(const LockGuard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace cenote::os
