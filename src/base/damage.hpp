/// Bytes that a wrong write has damaged, found later: the program is told as of misuse, and AllocError has no
/// name for it.
#pragma once

#include <cenote/handlers.hpp>

namespace cenote {

inline constexpr const char* kWriteAfterFree = "write_after_free";      // reported as double_free
inline constexpr const char* kWritePastEnd = "write_past_end";          // reported as size_mismatch
inline constexpr const char* kWriteBeforeStart = "write_before_start";  // likewise

/// Hands `misuse`, which has the nearest error there is, to the handler in force; the default prints `damage`
/// in its place. Null `damage`: as report_misuse. Threads: any.
void report_damage(const Misuse& misuse, const char* damage) noexcept;

}  // namespace cenote
