/// Who owns a block that travels as a number: the first to claim it. Each block has a generation, odd while a handle to it is out.
///
///     generation    0 ---- hand_out ---> 1 ---- claim(1) ---> 2 ---- hand_out ---> 3 ...
///                   owned by a view      up for grabs         owned again; claim(1) fails from now on
///
/// Adopting claims, and so does freeing a block whose handle is out: exactly one of them succeeds. A block that never travels costs nothing.
/// Generations have 24 bits, so that a handle fits a JavaScript number; a handle kept while its block travels 2^23 times more would pass again.
#pragma once

#include <cstdint>

#include "pool_memory.hpp"

namespace cenote::wasm {

inline constexpr std::uint32_t kGenerationMask = (1 << 24) - 1;

/// By the block's owner. The generation for the handle; the same again while that is out.
inline std::uint32_t hand_out(SlotIndex slot) noexcept {
  const std::uint32_t generation = generation_of(slot).load(std::memory_order_relaxed) | 1;
  generation_of(slot).store(generation, std::memory_order_release);
  return generation;
}

/// Whether the handle was out; it is not any more, and the caller owns the block.
inline bool claim(SlotIndex slot, std::uint32_t generation) noexcept {
  if (generation % 2 == 0) return false;
  return generation_of(slot).compare_exchange_strong(generation, (generation + 1) & kGenerationMask,
                                                     std::memory_order_acq_rel);
}

}  // namespace cenote::wasm
