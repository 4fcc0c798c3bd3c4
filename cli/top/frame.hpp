/// What a terminal shows, as data: lines of styled text. Made without a terminal, painted by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cenote::cli {

enum class Style : std::uint8_t {
  plain,
  bold,
  dim,
  heading,   // of columns
  selected,  // the row that keys act on
  alarm,
  reason,  // + n: the n-th reason for resident memory
};
inline constexpr Style reason_style(std::size_t reason) noexcept {
  return static_cast<Style>(static_cast<std::size_t>(Style::reason) + reason);
}

struct Span {
  std::string text;
  Style style = Style::plain;
};
using Line = std::vector<Span>;
using TextFrame = std::vector<Line>;

struct Screen {
  std::size_t lines = 24;
  std::size_t columns = 80;
  bool utf8 = true;  // else ASCII alone
};

/// `text` in so many columns: padded behind or before, cut where it is longer.
std::string fit_left(std::string_view text, std::size_t columns);
std::string fit_right(std::string_view text, std::size_t columns);

/// What a terminal may be sent: control characters and what is not the screen's encoding become '?'.
std::string printable(std::string_view text, const Screen& screen);

/// The text of a line, or of all of them, each with its newline.
std::string text_of(const Line& line);
std::string text_of(const TextFrame& frame);

}  // namespace cenote::cli
