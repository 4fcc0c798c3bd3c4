/// Text made safe for the place it goes to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cenote::cli {

/// `text` as content or quoted attribute of HTML and SVG; control characters, which XML forbids, and bytes
/// that are not UTF-8 become U+FFFD.
std::string html_escape(std::string_view text);

/// `text` as a terminal may get it, on one line: control characters and bytes that are not UTF-8 are escaped.
std::string printable(std::string_view text);

/// The same for each line of `text`.
std::string printable_lines(std::string_view text);

/// `word` as one word of a POSIX shell, quoted only where it must be.
std::string shell_quote(std::string_view word);

/// A whole command for a POSIX shell.
std::string shell_quote(const std::vector<std::string>& words);

/// `text` cut to `columns` characters, with an ellipsis where it was longer. Counts UTF-8 sequences.
std::string shorten(std::string_view text, std::size_t columns);

/// How many columns `text` takes in a terminal: its UTF-8 sequences.
std::size_t columns_of(std::string_view text) noexcept;

}  // namespace cenote::cli
