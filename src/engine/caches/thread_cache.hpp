/// One thread's blocks of one heap: lists to pop from without synchronisation, and the slabs they come from.
///
///     allocate --> list of the class --empty--> refill: the current slab's free blocks
///                                                       its remote frees
///                                                       a partial slab
///                                                       fresh blocks, cut from the current slab
///                                                       an abandoned slab, or a new slab from the central pool
///     deallocate --> own slab: push on its free list, count down to the next event
///                --> another thread's: into the remote buffer, home in batches
///
///     full --enough blocks free--> partial --few in use--> sparse --too many of these, or no change between two reviews--> central pool
///
/// Invariants  the blocks on a class's list all belong to the class's current slab; a slab owned by this
///             cache is current, partial, sparse or full; `slabs` counts them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/slab.hpp>

#include "engine/caches/central_pool.hpp"
#include "engine/caches/remote_buffer.hpp"
#include "os/biased_lock.hpp"
#include "profile/countdown.hpp"

namespace cenote {

class ThreadCache;

/// What the fast paths touch: kept apart so that it can lie in thread-local storage, one instruction away.
struct HotLists {
  ThreadCache* cache;                         // whom blocks are returned to; never null
  std::array<FreeBlock*, kTinyClasses> tiny;  // free blocks by tiny class
};

/// Threads     its owner thread; `enlist`, `ask` and what is done for owners that are blocked: any.
class ThreadCache : public SlabOwner {
 public:
  constexpr ThreadCache() noexcept = default;
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  /// Begins to serve the calling thread from `central pool`; `hot` is where its tiny lists lie, its own ones
  /// when null.
  void attach(CentralPool& central_pool, HotLists* hot) noexcept;
  /// Moves the tiny lists from where `attach` was told to put them into the cache: the thread allocates
  /// through it no more.
  void take_lists() noexcept {
    own_hot_ = *hot_;
    hot_ = &own_hot_;
  }
  /// Ends: every slab goes back, or to the abandoned slabs. The object can serve another thread then.
  void detach() noexcept;
  /// Forgets all slabs and blocks: their heap dies, and takes them along.
  void forget() noexcept;

  HotLists& hot() noexcept { return *hot_; }
  CentralPool* central_pool() const noexcept { return central_pool_; }
  FreeBlock*& coarse_list(SizeClass c) noexcept { return coarse_[c.index - kTinyClasses]; }
  FreeBlock*& list_of(SizeClass c) noexcept {
    return c.index < kTinyClasses ? hot_->tiny[c.index] : coarse_list(c);
  }

  /// A block of class `c` when its list is empty; null when no slab is to be had. `zeroed`, when not null,
  /// says whether all of it but its first word reads as zero. While a profile is made, null also when that
  /// block is to be sampled: then `take_due` says so.
  void* refill(SizeClass c, bool* zeroed = nullptr) noexcept;
  /// Whether the next block of class `c` is to be sampled, and not taken from this cache; asked once.
  bool take_due(SizeClass c) noexcept { return std::exchange(bins_[c.index].sample_due, false); }
  /// As refill, but leaves the class's list empty, so that the next block comes by refill too, and never has
  /// one sampled.
  void* refill_one(SizeClass c, bool* zeroed = nullptr) noexcept;

  /// What `Slab::push_local` announced: the slab is empty, or has enough free blocks to be used again.
  void on_event(Slab& slab) noexcept;

  /// Frees a block of a slab that another cache, or no one, owns.
  void free_remote(Slab& slab, void* block) noexcept {
    remote_lock_.lock();
    const bool joined = remote_.join(slab, block);
    batches_.store(Batches::added, std::memory_order_relaxed);
    remote_lock_.unlock();
    if (!joined) [[unlikely]]
      free_remote_and_deliver(slab, block);
  }
  /// Sends all batches home.
  void flush() noexcept;
  /// Looks at all slabs to which blocks have come home, flushes, gives up current slabs that are empty, and
  /// purges free pages of the others. Returns bytes purged.
  std::size_t settle() noexcept;

  /// What an owner can be asked to do at its next refill; the later of two includes the earlier.
  enum class Request : std::uint8_t {
    none,
    // a period has passed: flush, and leave sparse slabs that have not changed since the last review to the
    // central pool
    review,
    settle
  };
  /// Any thread.
  void ask(Request request) noexcept;
  // What an owner that is blocked cannot do; by one thread at a time, while the cache serves its heap and
  // nobody forks.
  /// Sends batches home when none has been added since the last call, one a period.
  void flush_for_owner() noexcept;
  /// Purges slabs all of whose blocks have come home, up to `slabs_max`, when the owner has not refilled for
  /// two periods. Returns bytes.
  std::size_t purge_for_owner(std::uint32_t slabs_max) noexcept;
  /// Slabs of this cache never leave it while they have blocks in use. Before the first.
  void keep_slabs() noexcept { keeps_slabs_ = true; }

  /// Frees one block straight to its slab: for threads without a cache.
  static void send_home(Slab& slab, void* block) noexcept;

  /// Notifies the owner of a slab of `central pool` of a first remote free; any thread. The last step of a
  /// remote free, public since anything may happen between the push and this step: tests replay it.
  static void tell_owner(Slab& slab, CentralPool& central_pool, ThreadCache* adopter) noexcept;

  /// For the list of caches of a heap and of those without work; under the registry's lock.
  ThreadCache* next = nullptr;
  /// For the list of all caches there are, at work or not; never changed once the cache is in it.
  ThreadCache* older = nullptr;
  /// For the list of caches of a thread, which finds its cache for a heap by the heap's serial; that thread's
  /// alone.
  ThreadCache* sibling = nullptr;
  std::uint64_t serial = 0;

  /// In the child of a fork, where other threads do not exist that were changing the list of slabs with
  /// remote frees.
  void repair_in_child() noexcept;

  // --- for who looks at it from outside --------------------------------------------------------------------
  using CoarseLists = std::array<FreeBlock*, kClassCount - kTinyClasses>;
  const HotLists* hot_lists() const noexcept { return hot_; }
  const CoarseLists& coarse_lists() const noexcept { return coarse_; }
  const RemoteBuffer& on_their_way() const noexcept { return remote_; }

 private:
  using SlabList = IntrusiveList<Slab, &Slab::link>;
  struct Bin {
    Slab* current = nullptr;
    SlabList partial;
    SlabList sparse;  // latest last
    SlabList full;
    std::uint32_t slabs = 0;
    std::uint32_t sparse_slabs = 0;
    bool sample_due = false;
  };
  /// Blocks for a class's list, all of its current slab.
  struct Chain {
    FreeBlock* head = nullptr;
    std::uint32_t count = 0;
  };

  Bin& bin_of(const Slab& slab) noexcept { return bins_[slab.size_class.index]; }
  void* refill_until_sample(SizeClass c, bool* zeroed) noexcept;
  static void put_back(Slab& slab, FreeBlock* blocks, std::uint32_t count) noexcept;
  Chain more_blocks(Bin& bin, SizeClass c, bool* zeroed) noexcept;
  static Chain take_free(Slab& slab) noexcept;
  static Chain carve_more(Slab& slab, bool* zeroed) noexcept;
  Chain last_blocks(Bin& bin) noexcept;
  Slab* next_slab(Bin& bin, SizeClass c) noexcept;
  void retire_current(Bin& bin) noexcept;
  void adopt(Slab& slab) noexcept;
  void file(Slab& slab) noexcept;
  void to_sparse(Slab& slab) noexcept;
  void unfile(Slab& slab) noexcept;
  void note_emptied(Slab& current) noexcept;
  void keep_few_emptied(SizeClass latest) noexcept;
  void give_up(Slab& slab) noexcept;
  void let_go(Slab& slab) noexcept;
  void leave_to_depot(Slab& slab) noexcept;
  void review() noexcept;
  std::size_t purge_all(Bin& bin) noexcept;
  void unlist_ready(Slab& slab) noexcept;
  void free_remote_and_deliver(Slab& slab, void* block) noexcept;
  std::uint32_t claim_ready(std::span<Slab*> claimed) noexcept;
  void collect_ready() noexcept;
  void collect(Slab& slab) noexcept;
  Slab* pop_ready() noexcept;
  Request take_request() noexcept;
  void return_list(SizeClass c) noexcept;
  void abandon_all(Bin& bin) noexcept;
  void close_ready() noexcept;
  bool enlist(Slab& slab) noexcept;
  static void deliver(const RemoteBuffer::Batch& batch, ThreadCache* by) noexcept;
  bool wants(const Slab& slab) noexcept { return bin_of(slab).slabs < kAdoptBelow; }

  // A cache takes over an abandoned slab into which it frees while it has few slabs of that class; without a
  // bound, slabs of ended threads would wander between the living at every free.
  static constexpr std::uint32_t kAdoptBelow = 4;
  // Sparse slabs that a cache keeps of a class: a thread that falls idle strands no more of them.
  static constexpr std::uint32_t kSparseKept = 4;
  // Units of empty current slabs that a cache keeps: slabs of 4, 8, 16, 32 and 64 KiB blocks together. A
  // program that uses buffers of these sizes in turn opens no slab each time; one that is done with blocks of
  // all sizes keeps 1 MiB and not 6.
  static constexpr std::uint32_t kEmptyUnitsKept = 16;
  // Of these, a cache releases so many between two reviews: a program that uses blocks of many sizes in turn
  // spends 0.1 % of a period of 100 ms on opening them again, at 0.17 us each.
  static constexpr std::uint32_t kEmptiedReleasedMax = 512;
  // A thread that has not refilled for so many periods is taken for blocked.
  static constexpr std::uint32_t kPeriodsToBlocked = 2;

  HotLists* hot_ = &own_hot_;
  CentralPool* central_pool_ = nullptr;
  CoarseLists coarse_{};
  std::array<Bin, kClassCount> bins_{};
  os::BiasedLock remote_lock_{};
  RemoteBuffer remote_{};  // under remote_lock_
  enum class Batches : std::uint8_t { none, added, cold };
  std::atomic<Batches> batches_{Batches::none};  // as flush_for_owner saw them, or its owner added since
  profile::Countdown to_sample_{};
  bool keeps_slabs_ = false;
  std::uint32_t emptied_units_ = 0;     // of slabs that became `emptied` since keep_few_emptied counted them
  std::uint32_t emptied_released_ = 0;  // since the last review
  HotLists own_hot_{this, {}};

  alignas(kCacheLine) os::Lock ready_lock_{os::LockRank::ready};
  // slabs with remote frees; changed under ready_lock_, read without as a hint
  std::atomic<Slab*> ready_{nullptr};
  bool closed_ = true;             // under ready_lock_: nothing is listed any more
  Request asked_ = Request::none;  // under ready_lock_, as the next
  std::uint32_t periods_without_refill_ = 0;
};

/// Lies on the ready list of a cache whose owner is asked for something and has no other slab there: so the
/// refill that looks at the list needs no second look for requests. Always the last, never written.
inline constinit Slab g_request{};

}  // namespace cenote
