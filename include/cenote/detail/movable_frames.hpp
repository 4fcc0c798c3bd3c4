/// The frames of a pool of movable objects: which slots are free, which frames are sparse, which are empty.
///
///     in use   filled by eighths:  0 | 1 | ... | 7 | full       a new object goes to the fullest that has room,
///              kept: as full as they are, but last to be emptied     a compaction empties the sparsest
///     empty    with pages, the lowest first
///     cold     given back, the lowest first
///     fresh    never used; then what is reserved only
///
/// Who may be where is known from tables beside the slots: objects are never looked at.
///
/// Invariants  a frame in use that is neither full nor the source is on the list of its fill. An empty frame
///             is on no list.
/// Threads     one at a time: whoever holds the pool's lock. place_at, address_of: any.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/budget.hpp>
#include <cenote/detail/movable_entry.hpp>
#include <cenote/detail/movable_plan.hpp>
#include <cenote/memory_source.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// No place, no frame, no entry.
inline constexpr std::uint32_t kNoPlace = ~std::uint32_t{0};

/// log2 of the largest power of two that all slots of that size start at multiples of; a frame is at least an
/// OS page.
constexpr unsigned place_shift_of(std::size_t object_bytes) noexcept {
  constexpr unsigned kPageMin = 12;
  const auto twos = static_cast<unsigned>(std::countr_zero(object_bytes));
  return twos < kPageMin ? twos : kPageMin;
}

class MovableFrames {
 public:
  struct Frame {
    std::uint32_t taken;   // slots
    std::uint32_t carved;  // slots below were taken once
    std::uint32_t free;    // 1 + the first of its free slots below; 0: none
    std::uint32_t next;    // on its list, as `previous`: frames, kNoPlace at the end
    std::uint32_t previous;
    std::uint32_t kept_in;  // the round of compaction in which it could not be emptied
  };

  MovableFrames(const MovablePlan& plan, os::Region reserved, os::Memory& memory,
                std::string_view name) noexcept;
  MovableFrames(const MovableFrames&) = delete;
  MovableFrames& operator=(const MovableFrames&) = delete;

  /// Commits the tables' fixed parts and the first frames. Errors: limit_reached, out_of_memory.
  Result<void> open() noexcept;

  // --- slots -----------------------------------------------------------------------------------------------
  /// A slot of its own for that entry: in the fullest frame that has room, else in a frame that was empty.
  /// kNoPlace when there is none without growing. O(1).
  MovablePlace take(std::uint32_t entry) noexcept;
  /// The same in frames that are in use.
  MovablePlace take_beside_others(std::uint32_t entry) noexcept;
  /// The same in the frame that is being emptied: for who found no other.
  MovablePlace take_in_source(std::uint32_t entry) noexcept;
  /// The slot is free; its frame is empty with the last one. O(1).
  void put(MovablePlace place) noexcept;
  /// Commits half as many frames again, or fewer where a limit has room for no more. Errors: exhausted when
  /// there are as many as there may be; limit_reached, out_of_memory.
  Result<void> grow() noexcept;
  bool can_grow() const noexcept { return committed() < plan_.frames_max; }

  // --- compaction ------------------------------------------------------------------------------------------
  /// Whether the objects in use would fit in fewer frames.
  bool has_room_to_spare() const noexcept { return free_slots() >= plan_.frame_slots; }
  /// Takes the sparsest frame that is not kept off its list: from now on it is the source. False when there
  /// is none.
  bool choose_source() noexcept;
  /// Calls `visit(MovablePlace, entry)` for the source's taken slots, from the `from`-th on, until it returns
  /// false. Returns the first slot not visited; the source's end when all were.
  template <class Visit>
  std::uint32_t visit_source(std::uint32_t from, Visit visit) const noexcept {
    const Frame& frame = table()[source_];
    for (std::uint32_t slot = from; slot < frame.carved; ++slot) {
      const std::uint32_t owner = owner_of(source_, slot);
      if ((owner & kFree) == 0 && !visit(place_at(source_, slot), owner)) return slot;
    }
    return frame.carved;
  }
  bool has_source() const noexcept { return source_ != kNoPlace; }
  /// Back to its list, or among the empty ones. `kept`: not to be chosen again in this round.
  void drop_source(bool kept) noexcept;
  /// All frames may be chosen again.
  void begin_round() noexcept;

  /// Up to 64 neighbours among the empty frames, which are nobody's until they are put into `cold`, or back.
  /// Without bytes when there are none.
  os::Region take_empty() noexcept;
  void put_cold(os::Region frames) noexcept;
  void put_empty(os::Region frames) noexcept;

  // --- figures ---------------------------------------------------------------------------------------------
  std::uint32_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }
  std::uint32_t empty() const noexcept { return empty_.load(std::memory_order_relaxed); }
  std::uint32_t committed() const noexcept { return committed_.load(std::memory_order_relaxed); }
  const std::atomic<std::uint32_t>& in_use_word() const noexcept { return in_use_; }
  const std::atomic<std::uint32_t>& empty_word() const noexcept { return empty_; }
  const std::atomic<std::uint32_t>& committed_word() const noexcept { return committed_; }
  double fragmentation() const noexcept;
  std::size_t metadata_bytes() const noexcept;
  /// Of tables, for each frame that is committed.
  std::size_t metadata_of_frame() const noexcept {
    return sizeof(Frame) + plan_.frame_slots * (2 * sizeof(std::uint32_t) + sizeof(MovableEntry));
  }
  void check_invariants() const noexcept;
  /// What is committed is charged to it, but for cold frames. `report_passed` is to follow each call that may
  /// take a frame.
  const detail::PoolBudget& budget() const noexcept { return budget_; }

  void* address_of(MovablePlace place) const noexcept {
    return base_ + (std::size_t{place} << plan_.place_shift);
  }
  /// The first slot of the frames, which a caller who knows the type's size finds places from by itself.
  std::byte* base() const noexcept { return base_; }
  const MovablePlan& plan() const noexcept { return plan_; }

 private:
  static constexpr std::uint32_t kFree = std::uint32_t{1} << 31;  // in owners: 1 + the next free slot follows
  static constexpr unsigned kFills = 8;
  static constexpr unsigned kKept = kFills;  // the list of frames that are kept
  static constexpr unsigned kNoList = kKept + 1;
  static constexpr std::uint32_t kTakenTogether = 64;

  template <class Word>
  Word* words_at(std::size_t offset) const noexcept {
    return reinterpret_cast<Word*>(reserved_.start + offset);
  }
  Frame* table() const noexcept { return words_at<Frame>(plan_.frame_table); }
  std::uint32_t& owner_of(std::uint32_t frame, std::uint32_t slot) const noexcept {
    return words_at<std::uint32_t>(plan_.owners)[std::size_t{frame} * plan_.frame_slots + slot];
  }
  std::uint64_t* empty_words() const noexcept { return words_at<std::uint64_t>(plan_.sets); }
  std::uint64_t* cold_words() const noexcept {
    return words_at<std::uint64_t>(plan_.sets + plan_.set.bytes());
  }
  MovablePlace place_at(std::uint32_t frame, std::uint32_t slot) const noexcept {
    const std::size_t offset = (std::size_t{frame} << plan_.frame_shift) + plan_.slots.offset_of(slot);
    return static_cast<MovablePlace>(offset >> plan_.place_shift);
  }
  std::size_t free_slots() const noexcept { return std::size_t{in_use()} * plan_.frame_slots - taken_; }

  unsigned list_of(std::uint32_t frame) const noexcept;
  void enlist(std::uint32_t frame, unsigned list) noexcept;
  void delist(std::uint32_t frame, unsigned list) noexcept;
  void relist(std::uint32_t frame, unsigned before) noexcept;
  MovablePlace take_in(std::uint32_t frame, std::uint32_t entry) noexcept;
  std::uint32_t open_frame() noexcept;
  void retire(std::uint32_t frame) noexcept;
  Result<void> commit_to(std::uint32_t frames) noexcept;
  bool commit_tables_and_frames(std::uint32_t frames) noexcept;
  std::size_t fixed_metadata_bytes() const noexcept { return plan_.frame_table + 2 * plan_.set.bytes(); }
  bool commit_part(std::size_t part, std::size_t from, std::size_t to) noexcept;
  void insert_all(std::uint64_t* words, os::Region frames) noexcept;
  bool is_in_use(std::uint32_t frame) const noexcept;
  std::uint32_t count_owned(std::uint32_t frame) const noexcept;
  void check_lists(std::size_t most) const noexcept;

  std::byte* base_;
  MovablePlan plan_;
  os::Region reserved_;
  os::Memory* memory_;
  detail::PoolBudget budget_;
  std::array<std::uint32_t, kFills + 1> lists_;
  std::uint32_t filled_ = 0;  // bit l: list l is not empty
  std::uint32_t source_ = kNoPlace;
  std::uint32_t round_ = 1;
  std::uint32_t fresh_ = 0;  // frames from here on were never used
  std::size_t taken_ = 0;    // slots in all
  // Changed by whoever holds the lock; read by anybody, for statistics.
  std::atomic<std::uint32_t> in_use_{0}, empty_{0}, committed_{0};
};

}  // namespace cenote
