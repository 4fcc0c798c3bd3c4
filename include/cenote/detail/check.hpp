/// Checks of what must be true. A broken heap is reported and the program ends: going on would turn one bug
/// into another.
#pragma once

#include <cenote/detail/cxx20.hpp>

/// Where symbols have no visibility, modules share nothing that they do not export.
#if defined(__ELF__) || defined(__MACH__)
#define CENOTE_HIDDEN [[gnu::visibility("hidden")]]
#else
#define CENOTE_HIDDEN
#endif

namespace cenote {

/// Prints "cenote: FILE:LINE: MESSAGE (CONDITION)" on stderr and aborts. Allocates nothing.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* message) noexcept;

#if defined(CENOTE_CHECKED)
inline constexpr bool kChecked = true;
#else
inline constexpr bool kChecked = false;
#endif

}  // namespace cenote

/// Always checked, in every build: for what is cheap beside the work around it.
#define CENOTE_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::cenote::check_failed(__FILE__, __LINE__, #condition, message))

/// Checked in the presets `dev`, `tsan` and `checked`; release still compiles the condition, so that it
/// cannot rot.
#define CENOTE_ASSERT(condition, message)                      \
  ((!::cenote::kChecked || (condition)) ? static_cast<void>(0) \
                                        : ::cenote::check_failed(__FILE__, __LINE__, #condition, message))

/// Marks a rare path: out of line and away from the hot code, and a name of its own in profiles.
#define CENOTE_SLOW_PATH [[gnu::noinline, gnu::cold]]
