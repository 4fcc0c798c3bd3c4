#include "frame.hpp"

#include <algorithm>

#include "../text/quoting.hpp"
#include "base/text.hpp"

namespace cenote::cli {
namespace {

bool is_shown(const text::Character& character, const Screen& screen) noexcept {
  return character.is_valid && !text::is_control(character.code) && (character.code < 0x80 || screen.utf8);
}

}  // namespace

std::string fit_left(std::string_view text, std::size_t columns) {
  std::string out = columns == 0 ? "" : shorten(text, columns);
  return out.append(columns - std::min(columns, columns_of(out)), ' ');
}

std::string fit_right(std::string_view text, std::size_t columns) {
  const std::string cut = columns == 0 ? "" : shorten(text, columns);
  return std::string(columns - std::min(columns, columns_of(cut)), ' ') + cut;
}

std::string printable(std::string_view text, const Screen& screen) {
  std::string out;
  text::for_each_character(text, [&](const text::Character& character, std::string_view bytes) {
    out += is_shown(character, screen) ? bytes : bytes == "…" ? "." : "?";
  });
  return out;
}

std::string text_of(const Line& line) {
  std::string text;
  for (const Span& span : line) text += span.text;
  return text;
}

std::string text_of(const TextFrame& frame) {
  std::string text;
  for (const Line& line : frame) text += text_of(line) + '\n';
  return text;
}

}  // namespace cenote::cli
