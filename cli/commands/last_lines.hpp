/// The end of what a program printed.
#pragma once

#include <string>
#include <string_view>

namespace cenote::cli {

/// The last `count` lines of `text` at most, each indented by four and ended by a newline.
std::string last_lines(std::string_view text, std::size_t count);

}  // namespace cenote::cli
