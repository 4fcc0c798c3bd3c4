/// One byte for each unit of a buddy allocator: which blocks in use start where.
///
///     in use       1 a k k k k k k    order k; a: larger than its size asks, for its alignment's sake
///     otherwise    0 0 0 0 0 0 0 c    c: a free block of the tree starts here, and is clean
///
/// A free is decided here: whoever exchanges the byte owns the block, so of two frees exactly one wins.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/buddy_geometry.hpp>

namespace cenote {

class UnitState {
 public:
  constexpr UnitState() noexcept = default;
  explicit constexpr UnitState(std::uint8_t bits) noexcept : bits_{bits} {}
  static constexpr UnitState in_use(std::uint32_t order, bool for_alignment) noexcept {
    return UnitState{static_cast<std::uint8_t>(kInUse | (for_alignment ? kForAlignment : 0) | order)};
  }

  constexpr bool is_in_use() const noexcept { return (bits_ & kInUse) != 0; }
  constexpr std::uint32_t order() const noexcept { return bits_ & kOrder; }
  constexpr bool is_for_alignment() const noexcept { return (bits_ & kForAlignment) != 0; }
  constexpr std::uint8_t bits() const noexcept { return bits_; }

  /// Whether a block in use may have been asked for with `size`; SIZE_MAX: the caller does not know.
  constexpr bool matches(std::size_t size, const BuddyGeometry& geometry) const noexcept {
    if (size == SIZE_MAX) return true;
    if (size == 0 || size > geometry.block_bytes(order())) return false;
    return is_for_alignment() || geometry.order_of(size) == order();
  }

 private:
  static constexpr std::uint8_t kInUse = 0x80, kForAlignment = 0x40, kOrder = 0x3f;

  std::uint8_t bits_ = 0;
};

class UnitStates {
 public:
  using Cell = std::atomic<std::uint8_t>;
  static_assert(sizeof(Cell) == 1 && Cell::is_always_lock_free);

  /// A cell for each unit, all zero.
  explicit UnitStates(Cell* cells) noexcept : cells_{cells} {}

  UnitState at(std::uint32_t unit) const noexcept {
    return UnitState{cells_[unit].load(std::memory_order_relaxed)};
  }

  /// Says what the caller handed out. The user passes the block on with an order of its own.
  void set(std::uint32_t unit, UnitState state) noexcept {
    cells_[unit].store(state.bits(), std::memory_order_relaxed);
  }
  /// Takes a block out of use; false when somebody else has just done that. Threads: any.
  bool claim(std::uint32_t unit, UnitState seen) noexcept {
    std::uint8_t expected = seen.bits();
    return cells_[unit].compare_exchange_strong(expected, 0, std::memory_order_relaxed);
  }

  // --- for the tree, about its free blocks, under its lock -------------------------------------------------
  bool is_clean(std::uint32_t unit) const noexcept {
    return cells_[unit].load(std::memory_order_relaxed) == kClean;
  }
  void set_clean(std::uint32_t unit, bool clean) noexcept {
    cells_[unit].store(clean ? kClean : 0, std::memory_order_relaxed);
  }

  /// Whether `unit` lies in a block in use. O(orders).
  bool is_covered(std::uint32_t unit, std::uint32_t top_order) const noexcept {
    for (std::uint32_t order = 0; order <= top_order; ++order) {
      const UnitState state = at(unit >> order << order);
      if (state.is_in_use() && state.order() >= order) return true;
    }
    return false;
  }

 private:
  static constexpr std::uint8_t kClean = 1;

  Cell* cells_;
};

}  // namespace cenote
