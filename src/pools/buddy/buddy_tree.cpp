#include "pools/buddy/buddy_tree.hpp"

#include <algorithm>

namespace cenote {

std::size_t BuddyTree::words_bytes(const BuddyGeometry& geometry) noexcept {
  std::size_t bytes = 0;
  for (std::uint32_t order = 0; order < geometry.orders(); ++order)
    bytes += IndexSet{geometry.blocks_of(order)}.bytes();
  return bytes;
}

BuddyTree::BuddyTree(const BuddyGeometry& geometry, std::uint64_t* words, UnitStates states) noexcept
    : geometry_{geometry}, words_{words}, states_{states} {
  std::size_t offset = 0;
  for (std::uint32_t order = 0; order < geometry.orders(); ++order) {
    sets_[order] = IndexSet{geometry.blocks_of(order)};
    offsets_[order] = offset;
    offset += sets_[order].bytes() / sizeof(std::uint64_t);
  }
  geometry_.each_root([this](BuddyBlock root) {
    insert(root);
    states_.set_clean(root.unit, true);
  });
}

void BuddyTree::insert(BuddyBlock block) noexcept {
  sets_[block.order].insert(words_of(block.order), block.index());
  if (counts_[block.order]++ == 0) orders_ |= std::uint64_t{1} << block.order;
  free_units_ += block.units();
}

void BuddyTree::erase(BuddyBlock block) noexcept {
  sets_[block.order].erase(words_of(block.order), block.index(), 1);
  note_gone(block);
}

void BuddyTree::note_gone(BuddyBlock block) noexcept {
  if (--counts_[block.order] == 0) orders_ &= ~(std::uint64_t{1} << block.order);
  free_units_ -= block.units();
}

BuddyBlock BuddyTree::take_lowest(std::uint32_t order) noexcept {
  const std::uint32_t index = sets_[order].take_lowest(words_of(order), 1).first;
  const BuddyBlock block{index << order, order};
  note_gone(block);
  return block;
}

void BuddyTree::note_out() noexcept {
  peak_out_blocks_ = std::max(peak_out_blocks_, ++out_blocks_);
  peak_out_units_ = std::max(peak_out_units_, geometry_.units() - free_units_);
}

bool BuddyTree::take(std::uint32_t order, BuddyBlock& taken) noexcept {
  const std::uint64_t large_enough = orders_ >> order;
  if (large_enough == 0) return false;
  BuddyBlock block = take_lowest(order + static_cast<std::uint32_t>(std::countr_zero(large_enough)));
  const bool clean = states_.is_clean(block.unit);
  while (block.order > order) {
    const BuddyBlock upper = block.upper_half();
    if (clean) states_.set_clean(upper.unit, true);
    insert(upper);
    block = block.lower_half();
  }
  note_out();
  taken = block;
  return true;
}

void BuddyTree::give(BuddyBlock block) noexcept {
  --out_blocks_;
  while (contains(block.buddy())) {  // a root has no buddy, and what would be one is never a member
    const BuddyBlock buddy = block.buddy();
    erase(buddy);
    states_.set_clean(buddy.unit, false);
    block = block.parent();
  }
  insert(block);
}

}  // namespace cenote
