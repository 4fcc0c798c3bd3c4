/// Tells memory checkers what of a pool's memory the program may touch, so that a use after free inside a pool is reported where it
/// happens. Nothing at all without AddressSanitizer.
///
/// Called in headers only, from code that is compiled with the program: a library built without the sanitizer then needs no twin.
#pragma once

#include <cstddef>

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

/// From now on a touch of these bytes is an error. Rounded inwards to 8 bytes, the checker's grain.
inline void forbid([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  __asan_poison_memory_region(start, bytes);
#endif
}

/// From now on these bytes may be touched.
inline void allow([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  __asan_unpoison_memory_region(start, bytes);
#endif
}

}  // namespace cenote::annotate
