/// Where the blocks of a buddy allocator lie: pure arithmetic.
///
/// Memory is counted in units, the smallest blocks. A block of order k has 2^k of them and starts at a
/// multiple of 2^k; its buddy is the one it makes a block of order k + 1 with. Memory that is no power of two
/// has several roots, blocks without buddy, largest first:
///
///     13 units    | root of order 3 . . . . . . . | root of order 2 . . . | 0 |
///                 0                               8                       12
///
/// Source  Knowlton, "A Fast Storage Allocator", CACM 8 (1965); Knuth, The Art of Computer Programming 1,
///         2.5.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// 2^order units from `unit` on.
struct BuddyBlock {
  std::uint32_t unit = 0;
  std::uint32_t order = 0;

  friend constexpr bool operator==(BuddyBlock, BuddyBlock) noexcept = default;

  constexpr std::uint32_t units() const noexcept { return std::uint32_t{1} << order; }
  /// Its number among the blocks of its order.
  constexpr std::uint32_t index() const noexcept { return unit >> order; }
  constexpr BuddyBlock buddy() const noexcept { return {unit ^ units(), order}; }
  /// What it is a half of.
  constexpr BuddyBlock parent() const noexcept { return {unit & ~units(), order + 1}; }
  constexpr BuddyBlock lower_half() const noexcept { return {unit, order - 1}; }
  constexpr BuddyBlock upper_half() const noexcept { return {unit + units() / 2, order - 1}; }
};

class BuddyGeometry {
 public:
  static constexpr std::uint32_t kUnitsMax = std::uint32_t{1} << 31;
  static constexpr unsigned kOrdersMax = 32;

  constexpr BuddyGeometry() noexcept = default;
  /// `units` from 1 to kUnitsMax, of 2^unit_shift bytes.
  constexpr BuddyGeometry(std::uint32_t units, unsigned unit_shift) noexcept
      : units_{units}, unit_shift_{unit_shift} {}

  constexpr std::uint32_t units() const noexcept { return units_; }
  constexpr std::size_t unit_bytes() const noexcept { return std::size_t{1} << unit_shift_; }
  constexpr std::size_t bytes() const noexcept { return std::size_t{units_} << unit_shift_; }

  /// The order of the largest block, and how many orders there are.
  constexpr std::uint32_t top_order() const noexcept {
    return static_cast<std::uint32_t>(std::bit_width(units_)) - 1;
  }
  constexpr std::uint32_t orders() const noexcept { return top_order() + 1; }
  constexpr std::size_t block_bytes(std::uint32_t order) const noexcept {
    return std::size_t{1} << (unit_shift_ + order);
  }
  /// The order whose blocks fit `bytes` best, bytes > 0; above top_order() when none holds so many.
  constexpr std::uint32_t order_of(std::size_t bytes) const noexcept {
    const auto width = static_cast<unsigned>(std::bit_width(bytes - 1));
    return width > unit_shift_ ? width - unit_shift_ : 0;
  }
  /// Whole blocks of an order, in use or not.
  constexpr std::uint32_t blocks_of(std::uint32_t order) const noexcept { return units_ >> order; }

  constexpr std::size_t offset_of(BuddyBlock block) const noexcept {
    return std::size_t{block.unit} << unit_shift_;
  }
  /// The unit that the byte at `offset` lies in; offset < bytes().
  constexpr std::uint32_t unit_at(std::size_t offset) const noexcept {
    return static_cast<std::uint32_t>(offset >> unit_shift_);
  }
  constexpr bool is_unit_start(std::size_t offset) const noexcept {
    return (offset & (unit_bytes() - 1)) == 0;
  }

  /// The largest block that `units` free units could be, were they all in the right place.
  constexpr std::uint32_t best_order(std::uint32_t units) const noexcept {
    return static_cast<std::uint32_t>(std::bit_width(units)) - 1;
  }

  /// Calls `visit(BuddyBlock)` for each root, in rising order of addresses.
  template <class Visit>
  constexpr void each_root(Visit visit) const {
    std::uint32_t unit = 0;
    while (unit != units_) {
      const BuddyBlock root{unit, best_order(units_ - unit)};
      visit(root);
      unit += root.units();
    }
  }

 private:
  std::uint32_t units_ = 1;
  unsigned unit_shift_ = 0;
};

static_assert(
    [] {
      for (std::uint32_t units = 1; units <= 200; ++units) {
        const BuddyGeometry geometry{units, 4};
        std::uint32_t end = 0;
        bool right = true;
        geometry.each_root([&](BuddyBlock root) {
          const BuddyBlock buddy = root.buddy();
          right = right && root.unit == end && root.unit % root.units() == 0 &&
                  buddy.unit + buddy.units() > units;
          end += root.units();
        });
        if (!right || end != units) return false;
      }
      return true;
    }(),
    "roots cover all units, each at a multiple of its size, none with a buddy");
static_assert(
    [] {
      for (std::uint32_t unit = 0; unit < 64; unit += 4) {
        const BuddyBlock block{unit, 2};
        if (block.buddy().buddy() != block || block.parent() != block.buddy().parent()) return false;
        if (block.parent().lower_half() != block && block.parent().upper_half() != block) return false;
        if (block.upper_half().buddy() != block.lower_half()) return false;
      }
      return true;
    }(),
    "a block and its buddy are the halves of their parent");
static_assert(BuddyGeometry(100, 12).order_of(1) == 0 && BuddyGeometry(100, 12).order_of(4096) == 0 &&
              BuddyGeometry(100, 12).order_of(4097) == 1 && BuddyGeometry(100, 12).top_order() == 6 &&
              BuddyGeometry(100, 12).order_of(SIZE_MAX) > 6);

}  // namespace cenote
