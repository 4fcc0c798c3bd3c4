/// Tells memory checkers what of a pool's memory the program may touch, so that a use after free inside a pool is reported where it
/// happens. Nothing at all without AddressSanitizer.
///
/// Called in headers only, from code that is compiled with the program: a library built without the sanitizer then needs no twin.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/base/bits.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define CENOTE_HAS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CENOTE_HAS_ASAN 1
#endif
#endif
#if !defined(CENOTE_HAS_ASAN)
#define CENOTE_HAS_ASAN 0
#endif

#if CENOTE_HAS_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace cenote::annotate {

/// Whether the functions below do anything.
inline constexpr bool kActive = CENOTE_HAS_ASAN != 0;

/// The checker's grain: one byte of its own for so many of memory, which two threads must not change at once.
inline constexpr std::size_t kGrain = 8;

/// From now on a touch of these bytes is an error. Rounded inwards to whole grains: neighbours may share one.
inline void forbid([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  const std::uintptr_t first = align_up(address_of(start), kGrain),
                       end = align_down(address_of(start) + bytes, kGrain);
  if (first < end) __asan_poison_memory_region(reinterpret_cast<const void*>(first), end - first);
#endif
}

/// From now on these bytes may be touched. A grain at the start that a neighbour shares was never forbidden; one at the end neither, or it is
/// the block's own.
inline void allow([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  const std::uintptr_t first = align_up(address_of(start), kGrain), end = address_of(start) + bytes;
  if (first < end) __asan_unpoison_memory_region(reinterpret_cast<const void*>(first), end - first);
#endif
}

}  // namespace cenote::annotate
