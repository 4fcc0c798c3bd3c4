/// The coalesced free blocks of a buddy allocator: a set of indices for each order, beside the blocks.
///
///     order 2   | .  . |                 a free block is in one set, that of its order;
///     order 1   | .  1   .  . |          its buddy is not in it, or both would have been joined
///     order 0   | 1 . . .  . . . . |
///
/// Of an order the lowest block goes first, so that what is in use gathers at low addresses and what is free
/// can be joined.
///
/// Invariants  no two buddies are members; free_units() is the sum over all members.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/buddy_geometry.hpp>
#include <cenote/detail/index_set.hpp>

#include "pools/buddy/unit_states.hpp"

namespace cenote {

/// Threads     one at a time.
class BuddyTree {
 public:
  /// What `words` must hold, zero at first.
  static std::size_t words_bytes(const BuddyGeometry& geometry) noexcept;

  /// With all of memory free, and clean.
  BuddyTree(const BuddyGeometry& geometry, std::uint64_t* words, UnitStates states) noexcept;

  /// Takes the lowest of the smallest blocks of at least `order`, and splits it. False when there is none.
  /// O(orders).
  bool take(std::uint32_t order, BuddyBlock& taken) noexcept;
  /// Takes a block back, which its user may have written to, and joins it with its buddies. O(orders).
  void give(BuddyBlock block) noexcept;

  bool contains(BuddyBlock block) const noexcept {
    return sets_[block.order].contains(words_of(block.order), block.index());
  }
  std::uint32_t count(std::uint32_t order) const noexcept { return counts_[order]; }
  std::uint32_t free_units() const noexcept { return free_units_; }
  /// The order of the largest member; precondition: free_units() != 0.
  std::uint32_t largest_order() const noexcept {
    return static_cast<std::uint32_t>(std::bit_width(orders_)) - 1;
  }
  /// Blocks and units that were taken and not given, and the most there ever were.
  std::uint64_t out_blocks() const noexcept { return out_blocks_; }
  std::uint64_t peak_out_blocks() const noexcept { return peak_out_blocks_; }
  std::uint32_t peak_out_units() const noexcept { return peak_out_units_; }

  /// Calls `clean(BuddyBlock) -> bool` for each member of at least `order` that may hold old bytes; true
  /// makes it a clean one. O(units / 64).
  template <class Clean>
  void clean_members(std::uint32_t order, Clean clean) noexcept {
    for (; order <= geometry_.top_order(); ++order) {
      for (std::uint32_t first = 0; first < geometry_.blocks_of(order); first += IndexSet::kWordBits) {
        clean_word(order, first, clean);
      }
    }
  }

 private:
  std::uint64_t* words_of(std::uint32_t order) const noexcept { return words_ + offsets_[order]; }
  void insert(BuddyBlock block) noexcept;
  void erase(BuddyBlock block) noexcept;
  BuddyBlock take_lowest(std::uint32_t order) noexcept;
  void note_gone(BuddyBlock block) noexcept;
  void note_out() noexcept;

  template <class Clean>
  void clean_word(std::uint32_t order, std::uint32_t first, Clean& clean) noexcept {
    for (std::uint64_t members = words_of(order)[first / IndexSet::kWordBits]; members != 0;
         members &= members - 1) {
      const std::uint32_t index = first + static_cast<std::uint32_t>(std::countr_zero(members));
      const BuddyBlock block{index << order, order};
      if (!states_.is_clean(block.unit) && clean(block)) states_.set_clean(block.unit, true);
    }
  }

  BuddyGeometry geometry_;
  std::uint64_t* words_;
  UnitStates states_;
  std::array<IndexSet, BuddyGeometry::kOrdersMax> sets_{};
  std::array<std::size_t, BuddyGeometry::kOrdersMax> offsets_{};  // in words
  std::array<std::uint32_t, BuddyGeometry::kOrdersMax> counts_{};
  std::uint64_t orders_ = 0;  // bit k: there are free blocks of order k
  std::uint32_t free_units_ = 0;
  std::uint32_t peak_out_units_ = 0;
  std::uint64_t out_blocks_ = 0;
  std::uint64_t peak_out_blocks_ = 0;
};

}  // namespace cenote
