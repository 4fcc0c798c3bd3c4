/// Text on the process's standard error, written by calls that neither allocate nor are cancellation points.
#pragma once

#include <string_view>

namespace cenote {

/// Writes `text` as it is; nothing when the system refuses. Keeps errno. Each platform defines it in src/os/.
void print_error(std::string_view text) noexcept;

/// Writes what printf would, in one piece. A text of more than 1,023 bytes is cut, and ends in a newline
/// there.
[[gnu::format(printf, 1, 2)]] void print_error_format(const char* format, ...) noexcept;

}  // namespace cenote
