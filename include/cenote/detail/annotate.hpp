/// Tells memory checkers what of a pool's memory the program may touch, so that a use after free inside a
/// pool is reported where it happens. Nothing at all without AddressSanitizer or Valgrind's memcheck:
/// docs/memory-checkers.md.
///
///     AddressSanitizer    when the program is compiled with it
///     Valgrind            when it is compiled with CENOTE_VALGRIND, which needs <valgrind/memcheck.h>; six
///                         instructions a call when it then runs without valgrind
///
/// Called in headers only, from code that is compiled with the program: a library built without the checker
/// then needs no twin. Where the library must speak to the checker itself, it is given Marks.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>

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

// A program with AddressSanitizer does not run under valgrind.
#if defined(CENOTE_VALGRIND) && !CENOTE_HAS_ASAN
#define CENOTE_HAS_VALGRIND 1
#else
#define CENOTE_HAS_VALGRIND 0
#endif

#if CENOTE_HAS_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if CENOTE_HAS_VALGRIND
#include <valgrind/memcheck.h>
#endif

namespace cenote::annotate {

/// Whether the functions below do anything.
inline constexpr bool kActive = CENOTE_HAS_ASAN != 0 || CENOTE_HAS_VALGRIND != 0;

/// The checker's grain: one byte of its own for so many of memory, which two threads must not change at once.
inline constexpr std::size_t kGrain = CENOTE_HAS_VALGRIND != 0 ? 1 : 8;

/// From now on a touch of these bytes is an error. Rounded inwards to whole grains: neighbours may share one.
inline void forbid([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  const std::uintptr_t first = align_up(address_of(start), kGrain),
                       end = align_down(address_of(start) + bytes, kGrain);
  if (first < end) __asan_poison_memory_region(reinterpret_cast<const void*>(first), end - first);
#elif CENOTE_HAS_VALGRIND
  VALGRIND_MAKE_MEM_NOACCESS(start, bytes);
#endif
}

/// From now on these bytes may be touched, and say nothing before they are written. A grain at the start that
/// a neighbour shares was never forbidden; one at the end neither, or it is the block's own.
inline void allow([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_ASAN
  const std::uintptr_t first = align_up(address_of(start), kGrain), end = address_of(start) + bytes;
  if (first < end) __asan_unpoison_memory_region(reinterpret_cast<const void*>(first), end - first);
#elif CENOTE_HAS_VALGRIND
  VALGRIND_MAKE_MEM_UNDEFINED(start, bytes);
#endif
}

/// The same, and what they say is meant.
inline void reveal([[maybe_unused]] const void* start, [[maybe_unused]] std::size_t bytes) noexcept {
#if CENOTE_HAS_VALGRIND
  VALGRIND_MAKE_MEM_DEFINED(start, bytes);
#else
  allow(start, bytes);
#endif
}

// --- blocks of a pool: a checker that remembers where a block was taken and given back names both ----------

/// A pool begins; any address that is its own names it.
inline void open_pool([[maybe_unused]] const void* pool) noexcept {
#if CENOTE_HAS_VALGRIND
  VALGRIND_CREATE_MEMPOOL(pool, 0, 0);
#endif
}

/// It ends, and with it all of its blocks. What becomes of their memory must be said by `allow`.
inline void close_pool([[maybe_unused]] const void* pool) noexcept {
#if CENOTE_HAS_VALGRIND
  VALGRIND_DESTROY_MEMPOOL(pool);
#endif
}

/// A block of a pool goes to the user, who may touch it from now on.
inline void hand_out([[maybe_unused]] const void* pool, const void* block, std::size_t bytes) noexcept {
#if CENOTE_HAS_VALGRIND
  VALGRIND_MEMPOOL_ALLOC(pool, block, bytes);
#else
  allow(block, bytes);
#endif
}

/// It comes back, and may not be touched any more; to be called before anybody else may have it.
inline void take_back([[maybe_unused]] const void* pool, const void* block, std::size_t bytes) noexcept {
#if CENOTE_HAS_VALGRIND
  VALGRIND_MEMPOOL_FREE(pool, block);
#endif
  forbid(block, bytes);
}

/// How the library, compiled without a checker, speaks to the one that the program has.
struct Marks {
  void (*forbid)(const void* start, std::size_t bytes) noexcept;
  void (*allow)(const void* start, std::size_t bytes) noexcept;
  void (*open_pool)(const void* pool) noexcept;
  void (*close_pool)(const void* pool) noexcept;
  void (*hand_out)(const void* pool, const void* block, std::size_t bytes) noexcept;
  void (*take_back)(const void* pool, const void* block, std::size_t bytes) noexcept;
  void (*reveal)(const void* start, std::size_t bytes) noexcept;
  std::size_t grain;  // of the program's checker; kGrain in the library is another
};

inline constexpr Marks kMarks{&forbid,   &allow,     &open_pool, &close_pool,
                              &hand_out, &take_back, &reveal,    kGrain};

/// To be called from headers; null where the program has no checker.
constexpr const Marks* marks_of_program() noexcept { return kActive ? &kMarks : nullptr; }

}  // namespace cenote::annotate
