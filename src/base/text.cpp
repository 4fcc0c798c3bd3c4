#include "base/text.hpp"

namespace cenote::text {
namespace {

std::uint32_t byte_at(std::string_view text, std::size_t at) noexcept {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool continues(std::uint32_t byte) noexcept { return (byte & 0xC0) == 0x80; }

/// Bytes of the character that starts with `lead`; 0 when no character does.
std::size_t bytes_after(std::uint32_t lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

bool is_within(std::uint32_t code, std::uint32_t first, std::uint32_t last) noexcept {
  return code >= first && code <= last;
}

}  // namespace

Character first_character(std::string_view text) noexcept {
  const std::uint32_t lead = byte_at(text, 0);
  const Character no_character{.code = lead};
  const std::size_t bytes = bytes_after(lead);
  if (bytes == 0) return no_character;
  if (bytes == 1) return {lead, 1, true};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!continues(byte_at(text, i))) return no_character;
    code = code << 6 | (byte_at(text, i) & 0x3F);
  }
  const bool is_overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x1'0000);
  if (is_overlong || is_within(code, 0xD800, 0xDFFF) || code > 0x10'FFFF) return no_character;
  return {code, bytes, true};
}

bool is_control(std::uint32_t code) noexcept {
  return code < 0x20 || is_within(code, 0x7F, 0x9F) || code == 0x61C || is_within(code, 0x200E, 0x200F) ||
         is_within(code, 0x2028, 0x202E) || is_within(code, 0x2066, 0x2069);
}

std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept {
  if (text.size() <= bytes_max) return text;
  constexpr std::size_t kCharacterMax = 4;
  for (std::size_t back = 1; back < kCharacterMax && back <= bytes_max; ++back) {
    const std::string_view rest = text.substr(bytes_max - back);
    if (continues(byte_at(rest, 0))) continue;
    const Character last = first_character(rest);
    return text.substr(0, last.bytes > back ? bytes_max - back : bytes_max);
  }
  return text.substr(0, bytes_max);
}

Escaped::Escaped(const Character& character, std::string_view bytes) noexcept : bytes_{bytes} {
  if (character.is_valid && !is_control(character.code)) return;
  const auto put = [&](char c) { escape_[escape_bytes_++] = c; };
  put('\\');
  constexpr std::string_view kNamed = "\n\r\t", kNames = "nrt";
  const std::size_t named =
      character.code < 0x80 ? kNamed.find(static_cast<char>(character.code)) : kNamed.npos;
  if (named != kNamed.npos) {
    put(kNames[named]);
    return;
  }
  const bool is_long = character.is_valid && character.code >= 0x80;
  put(is_long ? 'u' : 'x');
  for (int shift = is_long ? 12 : 4; shift >= 0; shift -= 4) {
    put("0123456789abcdef"[character.code >> shift & 15]);
  }
}

}  // namespace cenote::text
