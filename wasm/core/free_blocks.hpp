/// Which blocks are free: a bit each. Taking one clears its bit, giving it back sets it: one atomic operation
/// each way, and what the word held before says who was first, so that no two threads get one block and the
/// second of two frees is seen.
///
///     hint --> word 0 | ...0100 |   word 1 | 0...0 |   word 2 | 1101... |
///
/// A bitmap has no ABA problem, and no links that a stray write into a freed block could break.
#pragma once

#include <bit>
#include <cstdint>

#include "pool_memory.hpp"

namespace cenote::wasm {

inline constexpr std::uint64_t bit_of(SlotIndex slot) noexcept {
  return std::uint64_t{1} << (slot % kWordBits);
}

/// The lowest free block of a word, taken; kNoSlot when there is none. Lock-free.
inline SlotIndex take_from(std::uint32_t word) noexcept {
  std::uint64_t free = free_word(word).load(std::memory_order_relaxed);
  while (free != 0) {
    const std::uint64_t lowest = free & (0 - free);
    free = free_word(word).fetch_and(~lowest, std::memory_order_acquire);
    if ((free & lowest) != 0) [[likely]]
      return word * kWordBits + static_cast<SlotIndex>(std::countr_zero(lowest));
  }
  return kNoSlot;
}

/// A free block, from the hinted word or the nearest behind it that has one; kNoSlot when none is left. O(1)
/// while the hint is right, else O(words).
inline SlotIndex take_any() noexcept {
  const std::uint32_t hint = header().hint;
  std::uint32_t word = hint;
  do {
    const SlotIndex slot = take_from(word);
    if (slot != kNoSlot) [[likely]] {
      if (word != hint) header().hint = word;
      return slot;
    }
    word = word + 1 == header().words ? 0 : word + 1;
  } while (word != hint);
  return kNoSlot;
}

/// False when the block was free already; nothing has changed then.
inline bool give_back(SlotIndex slot) noexcept {
  const std::uint32_t word = slot / kWordBits;
  const std::uint64_t before = free_word(word).fetch_or(bit_of(slot), std::memory_order_release);
  if ((before & bit_of(slot)) != 0) return false;
  if (header().hint != word) header().hint = word;
  return true;
}

/// Exact when quiescent. O(words).
inline std::uint32_t count_free() noexcept {
  int free = 0;
  for (std::uint32_t word = 0; word < header().words; ++word) {
    free += std::popcount(free_word(word).load(std::memory_order_relaxed));
  }
  return static_cast<std::uint32_t>(free);
}

}  // namespace cenote::wasm
