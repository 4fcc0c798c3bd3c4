/// The functions that the module exports: a pool of equal blocks, in the memory that it imports.
///
/// Built twice from this one source: for private memory, where atomics become plain accesses, and for shared
/// memory. Nothing here grows the memory, writes a global, traps or calls out; tests/modules.test.js reads
/// the code and says so.
///
/// Threads     shared: any, but for open; private: one.
#include <cstdint>
#include <cstring>

#include <cenote/detail/bits.hpp>
#include <cenote/result.hpp>

#include "free_blocks.hpp"
#include "handles.hpp"
#include "pool_memory.hpp"

namespace cenote::wasm {
namespace {

/// What became of a block given back: an AllocError, or one of these.
constexpr std::uint32_t kGivenBack = 0, kGivenBackToWaiters = 1;
static_assert(kGivenBackToWaiters < static_cast<std::uint32_t>(AllocError::foreign_block));

constexpr std::uint32_t code_of(AllocError error) noexcept { return static_cast<std::uint32_t>(error); }

/// Not below capacity when no block begins there.
std::uint64_t slot_at(Address address) noexcept {
  return header().slots.index_at(std::uint64_t{address} - header().blocks);
}

}  // namespace

/// Makes a pool in zeroed memory, large enough; the address of the first block.
[[clang::export_name("open")]] Address open(std::uint32_t block_size, std::uint32_t stride,
                                            std::uint32_t capacity) noexcept {
  PoolHeader& pool = header();
  pool.block_size = block_size;
  pool.capacity = capacity;
  pool.words = static_cast<std::uint32_t>(ceil_div(capacity, kWordBits));
  pool.ownership = kFreeWords + pool.words * sizeof(std::uint64_t);
  pool.blocks = align_up(pool.ownership + capacity * sizeof(std::uint64_t), kCacheLine);
  pool.slots = SlotGeometry{stride};
  std::memset(&at<char>(kFreeWords), ~0, pool.words * sizeof(std::uint64_t));
  free_word(pool.words - 1).store(~std::uint64_t{0} >> (0 - capacity) % kWordBits, std::memory_order_relaxed);
  pool.kind = kPoolKind;
  return pool.blocks;
}

/// The address of a block that `owner` owns now, 0 when all are in use. O(1) while the hint is right, else
/// O(capacity / 64).
[[clang::export_name("allocate")]] Address allocate(std::uint32_t owner) noexcept {
  const SlotIndex slot = take_any();
  if (slot == kNoSlot) return 0;
  if constexpr (kShared) owner_of(slot) = owner;
  return header().blocks + header().slots.offset_of(slot);
}

/// 0; 1 when a thread waits for a block; foreign_block; double_free when `owner` does not own the block.
/// Nothing has changed after an error. O(1).
[[clang::export_name("free")]] std::uint32_t free(Address address, std::uint32_t owner) noexcept {
  const std::uint64_t at = slot_at(address);
  if (at >= header().capacity) [[unlikely]]
    return code_of(AllocError::foreign_block);
  const auto slot = static_cast<SlotIndex>(at);
  if constexpr (kShared) {
    if (owner_of(slot) != owner) [[unlikely]]
      return code_of(AllocError::double_free);
    owner_of(slot) = 0;
  }
  if (!give_back(slot)) [[unlikely]]
    return code_of(AllocError::double_free);
  return header().waiting.load(std::memory_order_seq_cst) == 0 ? kGivenBack : kGivenBackToWaiters;
}

/// The generation for a handle to this block; kNoHandle when `owner` does not own it.
[[clang::export_name("handOut")]] std::uint32_t hand_out_at(Address address, std::uint32_t owner) noexcept {
  return hand_out(static_cast<SlotIndex>(slot_at(address)), owner);
}

/// 0, and `owner` owns the block; foreign_block; double_free when the handle is not out (any more).
[[clang::export_name("claim")]] std::uint32_t claim_at(Address address, std::uint32_t generation,
                                                       std::uint32_t owner) noexcept {
  const std::uint64_t slot = slot_at(address);
  if (slot >= header().capacity) return code_of(AllocError::foreign_block);
  return claim(static_cast<SlotIndex>(slot), generation, owner) ? 0 : code_of(AllocError::double_free);
}

/// Frees all blocks of `owner`, which is gone; how many. They pass through the hands of `by`. O(capacity).
[[clang::export_name("reclaim")]] std::uint32_t reclaim(std::uint32_t owner, std::uint32_t by) noexcept {
  std::uint32_t blocks = 0;
  SlotIndex slot = header().capacity;
  while (slot-- != 0) {
    if (!take_over(slot, owner, by)) continue;
    free(header().blocks + header().slots.offset_of(slot), by);
    ++blocks;
  }
  return blocks;
}

/// Blocks that are free; exact when quiescent. O(capacity / 64).
[[clang::export_name("available")]] std::uint32_t available() noexcept { return count_free(); }

[[clang::export_name("fill")]] void fill(Address address, std::uint32_t byte, std::uint32_t bytes) noexcept {
  std::memset(&at<char>(address), static_cast<int>(byte), bytes);
}

}  // namespace cenote::wasm
