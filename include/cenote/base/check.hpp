/// Checks of what must be true. A broken heap is reported and the program ends: going on would turn one bug into another.
#pragma once

namespace cenote {

/// Prints "cenote: FILE:LINE: MESSAGE (CONDITION)" on stderr and aborts. Allocates nothing.
[[noreturn]] void check_failed(const char* file, int line, const char* condition,
                               const char* message) noexcept;

// A program that is compiled with CENOTE_CHECKED links with a library that is, and one without with one without: inline functions
// differ. The library defines one of these names, and every file that includes this refers to one.
namespace detail {
extern const char library_is_checked;
extern const char library_is_unchecked;
}  // namespace detail

#if defined(CENOTE_CHECKED)
inline constexpr bool kChecked = true;
[[gnu::used]] inline const char* const g_variant = &detail::library_is_checked;
#else
inline constexpr bool kChecked = false;
[[gnu::used]] inline const char* const g_variant = &detail::library_is_unchecked;
#endif

}  // namespace cenote

/// Always checked, in every build: for what is cheap beside the work around it.
#define CENOTE_CHECK(condition, message) \
  ((condition) ? static_cast<void>(0) : ::cenote::check_failed(__FILE__, __LINE__, #condition, message))

/// Checked in the presets `dev`, `tsan` and `checked`; release still compiles the condition, so that it cannot rot.
#define CENOTE_ASSERT(condition, message)                      \
  ((!::cenote::kChecked || (condition)) ? static_cast<void>(0) \
                                        : ::cenote::check_failed(__FILE__, __LINE__, #condition, message))

/// Marks a rare path: out of line and away from the hot code, and a name of its own in profiles.
#define CENOTE_SLOW_PATH [[gnu::noinline, gnu::cold]]
