/// What a MovablePool is made of. Lies at the start of its own reservation.
///
///     handle, pin --> entry --> place --> slot        the entry stays, the place changes
///     slot --> owner: the entry                       for the compaction, which goes from slots to objects
///
///     compaction   lock: the sparsest frame, 32 of its objects, a slot in a fuller frame for each
///                  no lock: each object that is open and has no pin is moved, and its entry changes
///                  lock: slots that are left are free; an empty frame is given back to the system
///
/// Invariants  while an object is moved it has two slots; of these one is free as soon as the lock is held
///             again.
/// Threads     any, but for create and destroy.
#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/movable_entry.hpp>
#include <cenote/detail/movable_frames.hpp>
#include <cenote/detail/movable_plan.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

struct MovableOptions;
struct MovableStats;
struct CompactBudget;
struct CompactionReport;

/// No two objects of a pool have the same, also one after the other: not before 2^32 objects had the same
/// entry.
struct MovableId {
  std::uint32_t entry = ~std::uint32_t{0};
  std::uint32_t life = 0;  ///< objects that had the entry before

  friend constexpr auto operator<=>(const MovableId&, const MovableId&) noexcept = default;
};

class MovableCore {
 public:
  /// Errors  limit_reached, out_of_memory.
  static Result<MovableCore*> create(const MovablePlan& plan, const MovableOptions& options,
                                     os::Memory& memory) noexcept;
  /// Reports objects that still live to the leak handler, and gives all memory back.
  static void destroy(MovableCore& core) noexcept;

  // --- an object's life ------------------------------------------------------------------------------------
  struct Storage {
    void* slot;
    MovableId id;
  };
  /// Room for an object that is to be made. Errors: exhausted, limit_reached, out_of_memory.
  Result<Storage> reserve() noexcept;
  /// It stands.
  void publish(const Storage& storage) noexcept;
  /// It does not, or does not any more: slot and entry are free.
  void release(std::uint32_t entry) noexcept;
  /// Its life ends: true when the caller must destroy it, and release the entry. Reports an end that is not
  /// the first.
  bool close(MovableId id) noexcept {
    MovableEntry& entry = entries()[id.entry];
    if (lives()[id.entry] == id.life) [[likely]] {
      const MovableEntry::Closed closed = entry.close();
      if (closed != MovableEntry::Closed::before) [[likely]]
        return closed == MovableEntry::Closed::by_caller;
    }
    report_ended(id);
    return false;
  }

  // --- pins ------------------------------------------------------------------------------------------------
  MovableEntry& entry(std::uint32_t index) const noexcept { return entries()[index]; }
  /// Whether that was ever one.
  bool is_entry(std::uint32_t index) const noexcept {
    return index < entries_used_.load(std::memory_order_acquire);
  }
  /// Of the object that a pin keeps.
  std::uint32_t life_of(std::uint32_t entry) const noexcept { return lives()[entry]; }
  /// Reports a pin of an object that has ended.
  CENOTE_SLOW_PATH void report_ended(MovableId id) const noexcept;
  /// What places of slots count from.
  std::byte* slots() const noexcept { return frames_.base(); }

  // --- the pool --------------------------------------------------------------------------------------------
  /// Moves an object, of which nobody has a pin: constructs it at `to`, destroys it at `from`.
  using Relocate = void (*)(const MovableCore& core, void* to, void* from) noexcept;
  CompactionReport compact(const CompactBudget& budget, Relocate relocate) noexcept;

  MovableStats stats() noexcept;
  std::size_t objects() const noexcept {
    return static_cast<std::size_t>(objects_.load(std::memory_order_relaxed));
  }
  std::size_t objects_max() const noexcept { return frames_.plan().objects_max; }
  void check_invariants() noexcept;
  os::Region reserved() const noexcept { return reserved_; }

 private:
  struct Move {
    std::uint32_t entry;
    MovablePlace from, to;
    bool done;
  };
  struct Batch;
  enum class Step : std::uint8_t { moves, again, finished };
  static constexpr std::size_t kNameMax = 63;

  MovableCore(const MovablePlan& plan, os::Region reserved, const MovableOptions& options,
              os::Memory& memory) noexcept;
  ~MovableCore() = default;

  template <class Word>
  Word* words_at(std::size_t offset) const noexcept {
    return reinterpret_cast<Word*>(reserved_.start + offset);
  }
  MovableEntry* entries() const noexcept { return entries_; }
  std::uint32_t* lives() const noexcept { return words_at<std::uint32_t>(frames_.plan().lives); }

  // Under lock_, as all members below it.
  MovablePlace find_place(std::uint32_t entry, AllocError& error) noexcept;
  std::uint32_t next_entry() const noexcept;
  void use_entry(std::uint32_t entry, MovablePlace place) noexcept;
  void enlist() noexcept;

  // Under compacting_; those that begin with a lock of their own say so.
  Step plan_moves(Batch& batch, std::size_t most, CompactionReport& report) noexcept;
  bool choose_source(CompactionReport& report) noexcept;
  std::size_t count_unmovable(CompactionReport& report) noexcept;
  void fill(Batch& batch, std::size_t most) noexcept;
  void move_all(Batch& batch, Relocate relocate) noexcept;
  void settle(const Batch& batch, CompactionReport& report) noexcept;
  void give_back_empty(CompactionReport& report) noexcept;

  MovableEntry* entries_;
  MovableFrames frames_;
  os::Region reserved_;
  os::Memory* memory_;

  os::Lock compacting_{os::LockRank::compaction};
  std::uint32_t next_slot_ = 0;  // of the source; under compacting_

  os::Lock lock_{os::LockRank::movable};
  std::uint32_t free_entries_ = kNoPlace;  // a list through them

  // Written under lock_; read by anybody.
  std::atomic<std::uint32_t> entries_used_{0};  // those from here on never were
  std::atomic<std::uint64_t> objects_{0}, made_{0}, failures_{0}, moved_{0}, skipped_{0}, given_back_{0};
  char name_[kNameMax + 1] = {};
  stats::Listed listed_;
  os::ScopedForkHold compacting_fork_hold_{compacting_};
  os::ScopedForkHold fork_hold_{lock_};
};

/// Throws AllocFailure with what is wrong with the options.
[[noreturn]] void throw_plan_failure(const MovablePlanOutcome& outcome);

}  // namespace cenote
