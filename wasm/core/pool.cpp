/// The functions that the module exports: a pool of equal blocks, in the memory that it imports.
///
/// Built twice from this one source: for private memory, where atomics become plain accesses, and for shared memory. Nothing here grows the
/// memory, writes a global, traps or calls out; tests/modules.test.js reads the code and says so.
///
/// Threads     shared: any, but for open; private: one.
#include <cstdint>
#include <cstring>

#include <cenote/base/alloc_error.hpp>
#include <cenote/base/bits.hpp>

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
  pool.generations = kFreeWords + pool.words * sizeof(std::uint64_t);
  pool.blocks = align_up(pool.generations + capacity * sizeof(std::uint32_t), kCacheLine);
  pool.slots = SlotGeometry{stride};
  for (std::uint32_t word = 0; word < pool.words; ++word)
    free_word(word).store(~std::uint64_t{0}, std::memory_order_relaxed);
  free_word(pool.words - 1).store(~std::uint64_t{0} >> (0 - capacity) % kWordBits, std::memory_order_relaxed);
  pool.kind = kPoolKind;
  return pool.blocks;
}

/// A block's address, 0 when all are in use. O(1) while the hint is right, else O(capacity / 64).
[[clang::export_name("allocate")]] Address allocate() noexcept {
  const SlotIndex slot = take_any();
  return slot == kNoSlot ? 0 : header().blocks + header().slots.offset_of(slot);
}

/// 0; 1 when somebody waits for a block; foreign_block or double_free, and nothing has changed. O(1).
[[clang::export_name("free")]] std::uint32_t free(Address address) noexcept {
  const std::uint64_t slot = slot_at(address);
  if (slot >= header().capacity) [[unlikely]]
    return code_of(AllocError::foreign_block);
  if (!give_back(static_cast<SlotIndex>(slot))) [[unlikely]]
    return code_of(AllocError::double_free);
  return header().waiting.load(std::memory_order_seq_cst) == 0 ? kGivenBack : kGivenBackToWaiters;
}

/// The generation for a handle to this block, which the caller owns.
[[clang::export_name("handOut")]] std::uint32_t hand_out_at(Address address) noexcept {
  return hand_out(static_cast<SlotIndex>(slot_at(address)));
}

/// 0, and the caller owns the block; foreign_block; double_free when the handle is not out (any more).
[[clang::export_name("claim")]] std::uint32_t claim_at(Address address, std::uint32_t generation) noexcept {
  const std::uint64_t slot = slot_at(address);
  if (slot >= header().capacity) return code_of(AllocError::foreign_block);
  return claim(static_cast<SlotIndex>(slot), generation) ? 0 : code_of(AllocError::double_free);
}

/// Blocks that are free; exact when quiescent. O(capacity / 64).
[[clang::export_name("available")]] std::uint32_t available() noexcept { return count_free(); }

[[clang::export_name("fill")]] void fill(Address address, std::uint32_t byte, std::uint32_t bytes) noexcept {
  std::memset(&at<char>(address), static_cast<int>(byte), bytes);
}

}  // namespace cenote::wasm
