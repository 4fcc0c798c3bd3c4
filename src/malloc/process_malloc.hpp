/// malloc as the C and C++ entry points need it: sizes in, null on failure, errno left to them.
///
///     direct    the fast paths on t_hot; what fails there goes the slow way here         CENOTE_OPTIONS unset
///     observed  t_hot stays empty, so that every call comes the slow way, where it is    hardening=full, record_sizes=DIR
///               recorded and served by Heap::process(): the fast paths know nothing of it
#pragma once

#include <cstddef>
#include <cstring>

#include "engine/caches/fast_path.hpp"
#include "engine/pages/backing.hpp"
#include "heap/threads.hpp"

namespace cenote::process_malloc {

void* allocate_slow(std::size_t bytes) noexcept;
void deallocate_slow(void* block) noexcept;
void deallocate_slow(void* block, std::size_t bytes) noexcept;

/// At least `bytes`, aligned to 16; also for 0 bytes, a block of its own. Null on failure.
inline void* allocate(std::size_t bytes) noexcept {
  if (void* const block = allocate_fast(t_hot, bytes)) [[likely]]
    return block;
  return allocate_slow(bytes);
}

/// Null does nothing; what is no block reaches the misuse handler.
inline void deallocate(void* block) noexcept {
  if (!deallocate_fast(t_hot, g_backing.pages.space(), block)) [[unlikely]]
    deallocate_slow(block);
}

/// The same; where hardening=full, what was not allocated with that size reaches the misuse handler.
inline void deallocate(void* block, std::size_t bytes) noexcept {
  if (!deallocate_fast(t_hot, g_backing.pages.space(), block)) [[unlikely]]
    deallocate_slow(block, bytes);
}

/// As allocate, aligned to a power of two.
void* allocate_aligned(std::size_t bytes, std::size_t alignment) noexcept;
void* allocate_zeroed_slow(std::size_t bytes) noexcept;

/// As allocate, all zero. Above kZeroByHandMax it is worth knowing whether the memory is fresh.
inline void* allocate_zeroed(std::size_t bytes) noexcept {
  constexpr std::size_t kZeroByHandMax = 1024;
  void* const block = bytes <= kZeroByHandMax ? allocate_fast(t_hot, bytes) : nullptr;
  return block != nullptr ? std::memset(block, 0, bytes) : allocate_zeroed_slow(bytes);
}

/// Null on failure: then the old block stays. `block` is not null.
void* reallocate(void* block, std::size_t bytes) noexcept;
/// 0 for null; where hardening=full, also for what is no block in use, and else just the bytes requested.
std::size_t usable_size(const void* block) noexcept;
/// Gives back what is free; bytes.
std::size_t purge() noexcept;
/// Whether the user wants figures when the process ends.
bool verbose() noexcept;
/// Whether the user wants memory given back when it runs short. Reads the options if nobody has.
bool watches_pressure() noexcept;

}  // namespace cenote::process_malloc
