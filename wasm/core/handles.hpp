/// Which end of the pool owns each block, and how a block passes from one to another as a number, its handle.
///
/// Each creation of a pool and each attachment is an end with an id above 0. The ownership word of a block
/// has the id of its owner in the upper half, 0 while the block is free, and a generation in the lower half,
/// odd while a handle is out:
///
///     owner          0 -- allocate --> A ---------------> A -- claim(1) by B --> B -- free --> 0
///     generation     0                 0 -- hand_out ---> 1                      2             2
///
/// Adopting claims, so does freeing a block whose handle is out, and reclaiming the blocks of an end that is
/// gone exchanges the same word: exactly one of them succeeds. A block that never travels costs two plain
/// stores.
///
/// The owner is stored after the block's bit is taken, and cleared before the bit is set. So a word with an
/// owner is of a block in use, and a thread that finds one has no race with the block's next owner. No
/// instruction between the two can end a thread: a Worker that is terminated ends at a call or a loop.
///
/// Generations have 24 bits, so that a handle fits a JavaScript number; a handle kept while its block travels
/// 2^23 times more would pass again.
#pragma once

#include <cstdint>

#include "pool_memory.hpp"

namespace cenote::wasm {

inline constexpr std::uint32_t kGenerationMask = (1 << 24) - 1;

/// In place of a handle's generation, which is odd.
inline constexpr std::uint32_t kNoHandle = 0;

inline constexpr std::uint64_t ownership(std::uint32_t owner, std::uint32_t generation) noexcept {
  return std::uint64_t{owner} << 32 | (generation & kGenerationMask);
}
inline constexpr std::uint32_t owner_in(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word >> 32);
}
inline constexpr std::uint32_t generation_in(std::uint64_t word) noexcept {
  return static_cast<std::uint32_t>(word);
}

/// Whether the block's ownership was still `word`; it is this owner and generation now. Not inlined: that
/// keeps the modules small.
[[gnu::noinline]] inline bool exchange(SlotIndex slot, std::uint64_t word, std::uint32_t owner,
                                       std::uint32_t generation) noexcept {
  return ownership_of(slot).compare_exchange_strong(word, ownership(owner, generation),
                                                    std::memory_order_acq_rel);
}

/// The generation for a handle, the same while that is out; kNoHandle when `owner` does not own the block.
inline std::uint32_t hand_out(SlotIndex slot, std::uint32_t owner) noexcept {
  const std::uint64_t word = ownership_of(slot).load(std::memory_order_relaxed);
  const std::uint32_t generation = generation_in(word) | 1;
  return owner_in(word) == owner && exchange(slot, word, owner, generation) ? generation : kNoHandle;
}

/// Whether the handle was out. It is not any more, and `owner` owns the block.
inline bool claim(SlotIndex slot, std::uint32_t generation, std::uint32_t owner) noexcept {
  const std::uint64_t word = ownership_of(slot).load(std::memory_order_relaxed);
  return generation % 2 != 0 && generation_in(word) == generation &&
         exchange(slot, word, owner, generation + 1);
}

/// Whether `from` owned the block. `to` does now, and a handle to it is not out any more.
inline bool take_over(SlotIndex slot, std::uint32_t from, std::uint32_t to) noexcept {
  const std::uint64_t word = ownership_of(slot).load(std::memory_order_relaxed);
  const std::uint32_t generation = generation_in(word);
  return owner_in(word) == from && exchange(slot, word, to, generation + generation % 2);
}

}  // namespace cenote::wasm
