/// What a buddy allocator knows of itself, and whether it all agrees.
#include <algorithm>

#include <cenote/detail/check.hpp>

#include "pools/buddy/buddy_core.hpp"

namespace cenote {

std::size_t BuddyCore::usable_size(const void* address) const noexcept {
  if (passed_ != nullptr) return usable_size_of_passed(address);
  const std::size_t offset = offset_of(address);
  if (offset >= geometry_.bytes() || !geometry_.is_unit_start(offset)) return 0;
  const UnitState state = states_.at(geometry_.unit_at(offset));
  return state.is_in_use() ? geometry_.block_bytes(state.order()) : 0;
}

std::size_t BuddyCore::largest_free() noexcept {
  const AllLocked locked{*this};
  join_all();
  return tree_.free_units() == 0 ? 0 : geometry_.block_bytes(tree_.largest_order());
}

// A sum of the shelves' peaks is never too low, and exact for one shelf. Nor is what was outside the tree,
// which counts what lay on shelves, but not twice what one thread took and another gave back.
void BuddyCore::count_use(BuddyStats& stats) const noexcept {
  std::int64_t blocks = 0, units = 0, peak_blocks = 0, peak_units = 0;
  for (std::size_t i = 0; i < plan_.shelves; ++i) {
    const BuddyShelf& shelf = shelves()[i];
    stats.allocations += shelf.allocations();
    blocks += shelf.blocks().now();
    units += shelf.units().now();
    peak_blocks += shelf.blocks().peak();
    peak_units += shelf.units().peak();
  }
  const std::size_t unit_bytes = geometry_.unit_bytes();
  stats.in_use = static_cast<std::size_t>(blocks);
  stats.bytes_in_use = static_cast<std::size_t>(units) * unit_bytes;
  stats.deallocations = stats.allocations - stats.in_use;
  stats.peak_in_use =
      static_cast<std::size_t>(std::min(static_cast<std::uint64_t>(peak_blocks), tree_.peak_out_blocks()));
  stats.peak_bytes_in_use =
      std::min(static_cast<std::size_t>(peak_units), std::size_t{tree_.peak_out_units()}) * unit_bytes;
}

void BuddyCore::count_free(BuddyStats& stats) const noexcept {
  stats.orders = geometry_.orders();
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order)
    stats.free_blocks[order] = tree_.count(order);
  stats.free_bytes = std::size_t{tree_.free_units()} * geometry_.unit_bytes();
  stats.largest_free = stats.free_bytes == 0 ? 0 : geometry_.block_bytes(tree_.largest_order());
}

BuddyStats BuddyCore::stats() noexcept {
  BuddyStats stats;
  stats.bytes = geometry_.bytes();
  stats.block_min = geometry_.unit_bytes();
  stats.bytes_reserved = reserved_.bytes;
  stats.bytes_committed = plan_.block_pages + plan_.bytes - plan_.tables;
  stats.pages = pages_.kind;
  stats.numa_node = pages_.node;
  const AllLocked locked{*this};
  join_all();
  count_use(stats);
  count_free(stats);
  stats.failures = failures_;
  return stats;
}

void BuddyCore::check_shelf(const BuddyShelf& shelf) const noexcept {
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order) {
    CENOTE_CHECK(shelf.size(order) <= BuddyShelf::kMagazineMax, "a magazine holds more than it can");
    for (std::uint32_t i = 0; i < shelf.size(order); ++i) {
      const BuddyBlock block{shelf.unit(order, i), order};
      CENOTE_CHECK(block.unit % block.units() == 0 && block.unit + block.units() <= geometry_.units(),
                   "a shelved block is none");
      CENOTE_CHECK(!states_.is_covered(block.unit, geometry_.top_order()), "a shelved block is in use");
      CENOTE_CHECK(!tree_.contains(block), "a shelved block is in the tree too");
    }
  }
}

// The block, in use or in the tree, that starts at `unit`.
BuddyBlock BuddyCore::block_from(std::uint32_t unit) const noexcept {
  const UnitState state = states_.at(unit);
  if (state.is_in_use()) return {unit, state.order()};
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order) {
    const BuddyBlock block{unit, order};
    if (unit % block.units() != 0 || !tree_.contains(block)) continue;
    CENOTE_CHECK(order == geometry_.top_order() || !tree_.contains(block.buddy()),
                 "two free buddies are not joined");
    return block;
  }
  check_failed(__FILE__, __LINE__, "block_from", "a lost unit: neither in use nor free");
}

void BuddyCore::check_invariants() noexcept {
  const AllLocked locked{*this};
  for (std::size_t i = 0; i < plan_.shelves; ++i) check_shelf(shelves()[i]);
  join_all();
  std::uint64_t used = 0, used_units = 0;
  for (std::uint32_t unit = 0; unit < geometry_.units();) {
    const BuddyBlock block = block_from(unit);
    if (states_.at(unit).is_in_use()) {
      ++used;
      used_units += block.units();
    }
    unit += block.units();
    CENOTE_CHECK(unit <= geometry_.units(), "a block reaches beyond the memory");
  }
  BuddyStats counted;
  count_use(counted);
  CENOTE_CHECK(counted.in_use == used && tree_.out_blocks() == used, "blocks in use are miscounted");
  CENOTE_CHECK(tree_.free_units() + used_units == geometry_.units(), "free units are miscounted");
}

}  // namespace cenote
