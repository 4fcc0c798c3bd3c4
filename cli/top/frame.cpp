#include "frame.hpp"

#include <algorithm>

#include "../text/quoting.hpp"

namespace cenote::cli {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

/// Bytes of the UTF-8 sequence that starts `text`; 0 when none does.
std::size_t sequence_bytes(std::string_view text) noexcept {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t bytes = lead >= 0xF5 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xC0) != 0x80) return 0;
  }
  const bool is_control = bytes == 2 && lead == 0xC2 && byte_at(text, 1) < 0xA0;
  return is_control ? 0 : bytes;
}

bool is_shown(std::string_view text, std::size_t bytes, const Screen& screen) noexcept {
  const unsigned lead = byte_at(text, 0);
  if (bytes == 1) return lead >= 0x20 && lead != 0x7F;
  return bytes != 0 && screen.utf8;
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
  while (!text.empty()) {
    const std::size_t bytes = sequence_bytes(text);
    const std::size_t taken = std::max<std::size_t>(bytes, 1);
    const std::string_view character = text.substr(0, taken);
    out += is_shown(text, bytes, screen) ? character : character == "…" ? "." : "?";
    text.remove_prefix(taken);
  }
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
