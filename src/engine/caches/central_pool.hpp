/// One heap's shared stock: where its thread caches get slabs, leave slabs, and where larger blocks come
/// from.
///
///     thread cache --acquire--> near abandoned slab of that class, else fresh units near      thread cache --release--> page heap
///     ending thread, or one with too many sparse slabs --abandon--> resting abandoned slabs of the class --adopt--> another thread's cache
///
///     resting --two periods without a change--> its free pages purged, settled --a block comes home--> resting
///
/// Invariants  every slab and block with units of its own that this heap has is on `all_`, so that the heap
///             can die with all its blocks; their bytes and those of huge blocks are charged to its budget
///             before they are taken.
#pragma once

#include <atomic>
#include <cstddef>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/intrusive_list.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/page_heap.hpp>
#include <cenote/detail/slab.hpp>
#include <cenote/result.hpp>

#include "engine/caches/abandoned.hpp"
#include "engine/pages/huge_blocks.hpp"

namespace cenote {

/// The owner of slabs that no thread owns. Its address is no tag.
alignas(2) inline constinit SlabOwner g_abandoned{};

/// Threads     any; one lock, and the page heap's below it.
class CentralPool : public SlabHolder {
 public:
  /// Called, without locks, after memory has become free and dirty: the place to look at the clock and purge.
  using AfterFree = void (*)() noexcept;

  /// `name`: of the budget; it lives as long as this. `shared`: the budget that this one is within; null:
  /// none.
  constexpr CentralPool(PageHeap& pages, HugeBlocks& huge, AfterFree after_free, const char* name = "",
                        Budget* shared = nullptr) noexcept
      : pages_{pages}, huge_{huge}, after_free_{after_free}, budget_{LimitScope::heap, name, shared} {}
  CentralPool(const CentralPool&) = delete;
  CentralPool& operator=(const CentralPool&) = delete;

  /// A slab of class `c`, owned by `owner` from now on: an abandoned slab or a fresh one, its pages all
  /// brought in at once when `populate` says that they will be used; null when there is none to be had.
  Slab* acquire(SizeClass c, SlabOwner& owner, bool populate) noexcept;
  /// Gives an empty slab's units back; its owner has let go of it.
  void release(Slab& slab) noexcept;
  /// Makes an abandoned slab of a slab with blocks in use, or releases it when its last blocks have come
  /// home.
  void abandon(Slab& slab) noexcept;
  /// Called by who pushed the first remote free to an abandoned slab: releases it when it is empty, else
  /// gives it to `adopter` unless that is null, or runs on another node than the slab lies on. True when
  /// `adopter` owns it now.
  bool settle_abandoned(Slab& slab, SlabOwner* adopter) noexcept;

  /// Called by who pushed the last remote free to a slab of so many units, whoever owns it.
  void note_came_home(Units units) noexcept {
    pages_.note_came_home(units);
    after_free_();
  }

  /// A period of the abandoned slabs has passed.
  void begin_period() noexcept { abandoned_.begin_period(); }
  /// Purges free pages of abandoned slabs that rest, cold ones or any, up to `slabs_max` of them. Slabs are
  /// out of everybody's reach meanwhile, so one thread at a time, and not during a fork.
  struct Purge {
    std::size_t bytes = 0;
    bool more = false;  // there may be others
  };
  Purge purge_abandoned(AbandonedSlabs::Age age, std::uint32_t slabs_max) noexcept;
  /// Whether free blocks keep their bytes, as a heap that fills and looks at them needs: then no page of a
  /// slab with blocks in use is purged, and the addresses of freed huge blocks are not used again soon.
  /// Before the first block.
  void keep_freed_bytes(bool kept) noexcept { keeps_freed_bytes_ = kept; }
  /// Whether pages of that slab may be purged while it lives.
  bool may_purge(const Slab& slab) const noexcept {
    return !keeps_freed_bytes_ && pages_.place_of(slab.start).pages() == PageKind::normal;
  }
  /// Purges the free pages of a slab, by its owner. Returns bytes.
  std::size_t purge_slab(Slab& slab) noexcept;

  /// A block with units of its own, kSlabBlockMax < bytes <= kLargeBlockMax (or any size up to that with a
  /// unit's alignment). `zeroed`, when not null, says whether it reads as zero. Null on failure.
  void* allocate_large(std::size_t bytes, bool* zeroed) noexcept;
  void deallocate_large(Slab& block) noexcept;
  /// Grows a large block in place into the units behind it; false when somebody has them: then nothing
  /// changed.
  bool extend_large(Slab& block, std::size_t bytes) noexcept;

  /// Forbids access to a large block, whose pages go back to the system. False when the system cannot: then
  /// nothing changed.
  bool fence_large(const Slab& block) noexcept;
  /// Allows access again: the block reads as zero. False when the system refuses.
  bool unfence_large(const Slab& block) noexcept;
  /// A fenced block belongs to nobody from now on, and its addresses are not used again.
  void lose_large(Slab& block) noexcept;

  /// A block with a mapping of its own.
  void* allocate_huge(std::size_t bytes, std::size_t alignment, bool* zeroed) noexcept;
  /// False when no huge block of this heap starts there.
  bool deallocate_huge(void* start) noexcept;
  /// Resizes without copying; null when the system or the limit forbids it: then nothing changed.
  void* resize_huge(void* start, std::size_t bytes) noexcept;

  /// Whether `address` lies in a large or huge block of this heap, at its start or not. O(blocks of these
  /// kinds).
  bool owns_large(const void* address) noexcept;

  /// From now on no thread cache owns a slab of this central pool: the first step of `release_all`, before
  /// the caches that owned them serve other heaps. A notification that is late then finds no owner, and lists
  /// no slab with a cache that forgot it.
  void disown_all() noexcept;
  /// Gives everything back, blocks in use too; no thread may use this heap any more.
  void release_all() noexcept;

  /// From now on the states of this heap's blocks are kept (AddressSpace::state_of); before the first block.
  void track_states(bool tracked) noexcept { tracks_states_ = tracked; }

  /// In which pages and on which node its memory is to be: any node stands for that of the thread that takes
  /// it. Before the first block.
  void wish(Pages pages) noexcept { wish_ = pages; }
  /// The kind of pages that came last.
  PageKind pages_granted() const noexcept { return granted_.load(std::memory_order_relaxed); }

  /// To which slabs, large and huge blocks are charged.
  Budget& budget() noexcept { return budget_; }
  const Budget& budget() const noexcept { return budget_; }
  /// What a request of `bytes` needs at least when its class has no block left.
  static std::size_t charge_for(std::size_t bytes) noexcept;
  /// Whether a request of `bytes` gets a mapping of its own: above kLargeBlockMax; above kSlabBlockMax under
  /// a tight limit of the user's, since units would waste much of it.
  static bool is_mapped(std::size_t bytes) noexcept;
  /// Why the last request of the calling thread failed that any central pool refused: limit_reached or
  /// out_of_memory.
  static AllocError last_failure() noexcept;

  /// Calls `visit(const Slab&)` for each slab and large block, under the lock.
  template <class Visit>
  void for_each(Visit&& visit) noexcept {
    const os::LockGuard guard{lock_};
    for (const Slab* slab = all_.front(); slab != nullptr; slab = AllList::next_of(*slab)) visit(*slab);
  }

  constexpr os::Lock& lock() noexcept { return lock_; }
  HugeBlocks& huge() const noexcept { return huge_; }
  PageHeap& pages() const noexcept { return pages_; }

 private:
  using AllList = IntrusiveList<Slab, &Slab::held_link>;

  static constexpr int kAbandonedLookedAt = 8;

  Place here() const noexcept { return pages_.nodes().place_for(wish_); }
  bool is_near(const Slab& slab, Place here) const noexcept;
  Slab* adopt_abandoned(SizeClass c, SlabOwner& owner, Place here) noexcept;
  Slab* adopt_any_abandoned(SizeClass c, SlabOwner& owner) noexcept;
  Slab* adopt(Slab& slab, SlabOwner& owner) noexcept;
  Slab* take_resting(AbandonedSlabs::Age age) noexcept;
  void put_back(Slab& slab) noexcept;
  UnitRun take_units(Units units, Place here) noexcept;
  void give_units(Slab& head) noexcept;
  void drop(Slab& slab) noexcept;
  bool charge(std::size_t bytes) noexcept;
  void keep_headroom() noexcept;
  void refuse(std::size_t charged) noexcept;
  bool charge_surplus(const HugeBlock& block, std::size_t charged) noexcept;

  PageHeap& pages_;
  HugeBlocks& huge_;
  AfterFree after_free_;
  bool tracks_states_ = false;
  bool keeps_freed_bytes_ = false;
  Pages wish_{};
  std::atomic<PageKind> granted_{PageKind::normal};
  os::Lock lock_{os::LockRank::central_pool};
  AllList all_;                       // under lock_
  AbandonedSlabs abandoned_{pages_};  // under lock_
  Budget budget_;
};

}  // namespace cenote

// Whether memory is scarce for this process: heaps without a limit are refused nothing, but near to what the
// system lets the process have, free memory goes back before more is asked for.

namespace cenote::headroom {

/// Whether `held` bytes with users and `dirty` free ones that still have pages are more than 7/8 of what the
/// system lets the process have. Few of either are never too many: then nothing is asked. The system is asked
/// once.
bool is_scarce(std::size_t held, std::size_t dirty) noexcept;

/// From now on the system is taken to let the process have so many bytes; 0: ask it again. For tests.
void assume_limit(std::size_t bytes) noexcept;

}  // namespace cenote::headroom
