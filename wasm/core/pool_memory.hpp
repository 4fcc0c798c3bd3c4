/// What lies where in a pool's memory. A memory holds one pool, so the first addresses are constants.
///
///     0      nothing: no block begins here, and 0 says that there is none
///     64     PoolHeader: two cache lines
///     192    free blocks, a bit each, in words of 64                        8 B a word
///     ...    ownership of the blocks: generation and owner (handles.hpp)    8 B a block
///     ...    blocks, `stride` bytes apart, the first at a multiple of 64
///
/// src/layout.ts says the same to whoever must size the memory before there is code in it; a test compares
/// the two.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>

namespace cenote::wasm {

using Address = std::uint32_t;

inline constexpr std::uint32_t kWordBits = 64;

/// Whether this is the module for shared memory. A private pool has one end, so its blocks need no owners.
#ifdef __wasm_atomics__
inline constexpr bool kShared = true;
#else
inline constexpr bool kShared = false;
#endif

struct PoolHeader {
  // Written before the pool is shared, never again.
  std::uint32_t kind;        // kPoolKind: this memory holds a pool of this version
  std::uint32_t block_size;  // bytes that a user sees
  std::uint32_t capacity;    // blocks
  std::uint32_t words;       // of free blocks
  Address ownership;
  Address blocks;
  SlotGeometry slots;

  // Any thread.
  //
  // `hint` has plain accesses: all atomic ones of WebAssembly are sequentially consistent, which costs as
  // much as the operation proper. WebAssembly defines racing plain accesses, and any value will do.
  alignas(kCacheLine) volatile std::uint32_t hint;  // a word that had a free block lately: any will do
  std::atomic<std::uint32_t> waiting;  // 1 when a thread may wait for a block: src/waiting_line.ts
  std::atomic<std::uint32_t> freed;    // changes when a block is freed while `waiting` is 1
  std::atomic<std::uint32_t> owners;   // ends of the pool so far: the newest one's id
};

inline constexpr std::uint32_t kPoolKind = 0xCE'07'E0'02;
inline constexpr Address kHeader = 64;
inline constexpr Address kFreeWords = kHeader + sizeof(PoolHeader);

static_assert(sizeof(PoolHeader) == 2 * kCacheLine);
static_assert(kHeader % alignof(PoolHeader) == 0 && kFreeWords % alignof(std::uint64_t) == 0);

template <class T>
T& at(Address address) noexcept {
  return *reinterpret_cast<T*>(address);
}

inline PoolHeader& header() noexcept { return at<PoolHeader>(kHeader); }

inline std::atomic<std::uint64_t>& free_word(std::uint32_t word) noexcept {
  return at<std::atomic<std::uint64_t>>(kFreeWords + word * sizeof(std::uint64_t));
}

inline std::atomic<std::uint64_t>& ownership_of(SlotIndex slot) noexcept {
  return at<std::atomic<std::uint64_t>>(header().ownership + slot * sizeof(std::uint64_t));
}

/// The upper half of that word, by a plain access: an atomic one would cost as much as the operation proper.
inline volatile std::uint32_t& owner_of(SlotIndex slot) noexcept {
  return at<volatile std::uint32_t>(header().ownership + slot * sizeof(std::uint64_t) +
                                    sizeof(std::uint32_t));
}

}  // namespace cenote::wasm
