/// The free slots of a pool: a stack of indices beside the blocks, over a SlotSpace that refills it; as a
/// FreeSet it also knows its members.
///
///     cell       0   1   2   3   4   5   6   7   8   9
///     entry      7   2   9   .   .                            take: 9, without waiting for a cold block to say what comes next
///                        ^ size 3
///     position           1                   0       2        of slots 2, 7 and 9, in a set's cells only
///
///     a slot is free just when its position is below size and the entry there names it; all else may be anything
///
/// The cells lie right behind the pool's core, which passes them to each call: an address the compiler knows.
///
/// Invariants  every circulating slot is here or out; none is here twice.
/// Threads     one at a time, whoever owns or locks the pool.
/// Source      Briggs & Torczon, "An Efficient Representation for Sparse Sets", ACM LOPLAS 1993.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <cenote/detail/slot_space.hpp>
#include <cenote/result.hpp>

namespace cenote {

enum class Members { known, unknown };

/// One of as many as the pool has slots: entry of the stack, and position of the slot with that index.
template <Members kMembers>
struct FreeCell {
  SlotIndex entry;
};
template <>
struct FreeCell<Members::known> {
  SlotIndex entry;
  SlotIndex position;
};

template <Members kMembers>
class FreeSlots {
 public:
  using Cell = FreeCell<kMembers>;

  explicit FreeSlots(SlotSpace& space) noexcept : space_{space} {}

  SlotIndex size() const noexcept { return static_cast<SlotIndex>(word_); }
  /// Whether a slot in circulation is here.
  bool contains(const Cell* cells, std::size_t slot) const noexcept requires(kMembers == Members::known) {
    const std::size_t position = cells[slot].position;
    return position < size() && cells[position].entry == slot;
  }

  /// Whether a take would lower the fewest slots that were ever here: then `lower_floor` first, or `refill`
  /// when there is none.
  bool at_floor() const noexcept { return size() == floor_; }
  void lower_floor() noexcept { floor_ = size() - 1; }

  /// The slot put last; precondition: not at_floor().
  SlotIndex take(const Cell* cells) noexcept {
    const SlotIndex slot = cells[size() - std::size_t{1}].entry;
    count_taken(1);
    return slot;
  }
  /// Adds a slot that is out.
  void put(Cell* cells, std::size_t slot) noexcept {
    const SlotIndex position = size();
    cells[position].entry = static_cast<SlotIndex>(slot);
    if constexpr (kMembers == Members::known) cells[slot].position = position;
    ++word_;
  }

  /// The same for many, in order; count <= size(), whatever the floor.
  void take_many(const Cell* cells, SlotIndex* slots, SlotIndex count) noexcept
      requires(kMembers == Members::unknown) {
    std::memcpy(slots, cells + (size() - count), count * sizeof(SlotIndex));
    count_taken(count);
    if (size() < floor_) floor_ = size();
  }
  void put_many(Cell* cells, const SlotIndex* slots, SlotIndex count) noexcept
      requires(kMembers == Members::unknown) {
    std::memcpy(cells + size(), slots, count * sizeof(SlotIndex));
    word_ += count;
  }

  /// Gives the older half to the stock. O(size()).
  void stow_older_half(Cell* cells) noexcept requires(kMembers == Members::unknown);

  /// Moves slots from the stock, which grows when it must and may, to here, where none is. Errors: exhausted,
  /// out_of_memory.
  Result<void> refill(Cell* cells) noexcept;

  /// Slots that are neither here nor in stock; the most there ever were at once.
  SlotIndex out() const noexcept { return circulating() - size(); }
  SlotIndex peak_out() const noexcept;
  /// Slots taken so far.
  std::uint64_t taken() const noexcept { return (taken_wraps_ << 32) + (word_ >> 32); }

  /// Gives pages back of which all slots are here or in stock, as `is_free` says. Returns bytes. O(capacity).
  std::size_t trim(Cell* cells, const void* pool, SlotSpace::IsFree is_free) noexcept;

  /// Adds gauges for what is here and what is out at most; for what was taken.
  void add_here(stats::Gauges& gauges) const noexcept;
  void add_taken(stats::Gauges& gauges) const noexcept;

 private:
  // One word for both, so that a take writes memory once: those taken are counted in the upper half, those
  // here in the lower.
  static constexpr int kHalf = 32;
  static constexpr std::uint64_t kOneTaken = std::uint64_t{1} << kHalf;

  void count_taken(SlotIndex count) noexcept {
    if (__builtin_add_overflow(word_, count * (kOneTaken - 1), &word_)) [[unlikely]]
      ++taken_wraps_;
  }
  SlotIndex circulating() const noexcept { return space_.capacity() - space_.stock(); }

  std::uint64_t word_ = 0;
  SlotIndex floor_ = 0;        // lowest size since the circulation changed
  SlotIndex peak_before_ = 0;  // most slots out until the circulation changed
  std::uint64_t taken_wraps_ = 0;
  SlotSpace& space_;
};

using FreeSet = FreeSlots<Members::known>;
using FreeStack = FreeSlots<Members::unknown>;

}  // namespace cenote
