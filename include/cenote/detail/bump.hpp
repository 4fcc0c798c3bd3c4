/// A cursor that moves through a piece of memory: align, compare, store.
///
///     | in use . . . . . . . . . . |pad| block  | free . . . . . . |
///                                  ^ at before  ^ at after         ^ end
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/detail/arena_options.hpp>
#include <cenote/detail/bits.hpp>

namespace cenote {

/// The largest block that any arena could serve: header and alignment of its chunk are counted without overflow.
inline constexpr std::size_t kArenaBytesMax = PTRDIFF_MAX - 2 * kArenaAlignmentMax;

constexpr bool is_arena_alignment(std::size_t alignment) noexcept {
  return is_power_of_two(alignment) && alignment <= kArenaAlignmentMax;
}

/// Why no arena could serve it; AllocError{} when one could.
constexpr AllocError why_not_servable(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return AllocError::zero_size;
  if (!is_arena_alignment(alignment)) return AllocError::bad_alignment;
  return size > kArenaBytesMax ? AllocError::too_large : AllocError{};
}

struct Bump {
  std::uintptr_t at = 0;
  std::uintptr_t end = 0;

  /// The next `size` bytes; null when they do not fit, or no arena could serve them: then nothing has changed.
  ///
  /// Where 0 bytes end, and so many that addresses wrap, is not behind where they start: one comparison finds both, none where the
  /// compiler knows the size.
  void* try_take(std::size_t size, std::size_t alignment) noexcept {
    const std::uintptr_t start = align_up(at, alignment), next = start + size;
    const bool is_odd = __builtin_constant_p(size) ? size - 1 >= kArenaBytesMax : next <= start;
    if (!is_arena_alignment(alignment) || is_odd || next > end) [[unlikely]]
      return nullptr;
    if (start == 0) __builtin_unreachable();  // nothing ends before 0: who tests the result for null need not
    at = next;
    return reinterpret_cast<void*>(start);
  }
};

/// What to unpoison for a block that ends at `end`. A checker knows of a grain how many bytes at its start may be touched, so a
/// block that begins inside a grain opens what lies before it too, which is in use.
struct ArenaBlockBytes {
  ArenaBlockBytes(const void* block, std::uintptr_t end, std::size_t grain) noexcept
      : start{static_cast<const std::byte*>(block) - address_of(block) % grain},
        bytes{end - address_of(start)} {}

  const std::byte* start;
  std::size_t bytes;
};

/// Tells the memory checker that this code is compiled with that a block, which ends at `end`, may be touched. For headers alone: code
/// that is compiled with the library goes by the arena's marks.
inline void allow_arena_block(const void* block, std::uintptr_t end) noexcept {
  if constexpr (annotate::kActive) {
    const ArenaBlockBytes opened{block, end, annotate::kGrain};
    annotate::allow(opened.start, opened.bytes);
  }
}

}  // namespace cenote
