/// Where some threads put the blocks that they give back, and look for one first: a magazine for each order,
/// under one lock.
///
///     order 0   | 7 | 12 | 3 |   the unit given back last is on top
///     order 1   | 64 |
///
/// A block that comes and goes costs its thread one lock that no other wants, and no splitting and joining.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/buddy_geometry.hpp>
#include <cenote/detail/gauge.hpp>
#include <cenote/detail/lock.hpp>

namespace cenote {

/// What the threads of a shelf took, less what they gave back; below zero where they free what others took.
class BuddyUse {
 public:
  /// A gauge of now() of a member of each item.
  template <class Item>
  static stats::Gauge gauge(stats::Figure figure, const Item* first, std::size_t count, BuddyUse Item::*use,
                            std::int64_t scale) noexcept {
    return stats::Gauge::in_array(figure, first, count, use, &BuddyUse::now_, scale);
  }

  void add(std::int64_t amount) noexcept {
    now_ += amount;
    peak_ = std::max(peak_, now_);
  }
  std::int64_t now() const noexcept { return now_; }
  std::int64_t peak() const noexcept { return peak_; }

 private:
  std::int64_t now_ = 0;
  std::int64_t peak_ = 0;
};

class alignas(kCacheLine) BuddyShelf {
 public:
  // With 8, a program that takes and gives blocks in bursts goes to the tree more often; with 32, little is
  // gained (docs/adr/0012).
  static constexpr std::uint32_t kMagazineMax = 16;

  os::Lock& lock() noexcept { return lock_; }

  // --- under the lock, all below ---------------------------------------------------------------------------
  std::uint32_t size(std::uint32_t order) const noexcept { return sizes_[order]; }
  std::uint32_t unit(std::uint32_t order, std::uint32_t i) const noexcept { return magazines_[order][i]; }

  void push(BuddyBlock block) noexcept { magazines_[block.order][sizes_[block.order]++] = block.unit; }
  BuddyBlock pop(std::uint32_t order) noexcept { return {magazines_[order][--sizes_[order]], order}; }

  /// Hands the `count` blocks of an order that lie here longest to `take(BuddyBlock)`.
  template <class Take>
  void pass_oldest(std::uint32_t order, std::uint32_t count, Take take) noexcept {
    Magazine& magazine = magazines_[order];
    for (std::uint32_t i = 0; i < count; ++i) take(BuddyBlock{magazine[i], order});
    std::copy(magazine.begin() + count, magazine.begin() + sizes_[order], magazine.begin());
    sizes_[order] = static_cast<std::uint8_t>(sizes_[order] - count);
  }

  void note_taken(std::uint32_t order) noexcept {
    ++allocations_;
    blocks_.add(1);
    units_.add(std::int64_t{1} << order);
  }
  void note_given(std::uint32_t order) noexcept {
    blocks_.add(-1);
    units_.add(-(std::int64_t{1} << order));
  }
  /// Adds gauges of what the threads of `count` shelves have, of memory of `bytes`.
  static void describe(stats::Gauges& gauges, const BuddyShelf* first, std::size_t count,
                       const BuddyGeometry& memory) noexcept {
    using stats::Figure, stats::Gauge;
    const auto unit = static_cast<std::int64_t>(memory.unit_bytes());
    gauges.add(Gauge::in_array(Figure::allocations, first, count, &BuddyShelf::allocations_))
        .add(BuddyUse::gauge(Figure::blocks_in_use, first, count, &BuddyShelf::blocks_, 1))
        .add(BuddyUse::gauge(Figure::live, first, count, &BuddyShelf::units_, unit))
        .add(BuddyUse::gauge(Figure::partial_slabs, first, count, &BuddyShelf::units_, -unit))
        .add(Gauge::constant(Figure::partial_slabs, memory.bytes()));
  }
  std::uint64_t allocations() const noexcept { return allocations_; }
  const BuddyUse& blocks() const noexcept { return blocks_; }
  const BuddyUse& units() const noexcept { return units_; }

 private:
  using Magazine = std::array<std::uint32_t, kMagazineMax>;

  os::Lock lock_{os::LockRank::buddy_shelf};
  // On one line: who joins everything looks at all of them.
  std::array<std::uint8_t, BuddyGeometry::kOrdersMax> sizes_{};
  std::uint64_t allocations_ = 0;
  BuddyUse blocks_;
  BuddyUse units_;
  std::array<Magazine, BuddyGeometry::kOrdersMax> magazines_{};  // one line an order
};

}  // namespace cenote
