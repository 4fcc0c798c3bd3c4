#include "quoting.hpp"

#include <algorithm>
#include <cctype>

#include "base/text.hpp"

namespace cenote::cli {
namespace {

bool starts_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

bool plain_in_shell(unsigned char c) noexcept {
  return std::isalnum(c) != 0 ||
         std::string_view("%+,-./:=@_").find(static_cast<char>(c)) != std::string_view::npos;
}

std::string_view html_of(std::string_view character) noexcept {
  const char c = character.front();
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      break;
  }
  const bool forbidden = static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t';
  return forbidden ? text::kReplacement : character;
}

}  // namespace

std::string html_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  text::as_utf8(text, [&](std::string_view character) { out += html_of(character); });
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  text::as_printable(text, [&](std::string_view part) { out += part; });
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string out;
  for (std::size_t end = 0; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
    out += printable(text.substr(0, end)) + '\n';
  return out + printable(text);
}

std::string shell_quote(std::string_view word) {
  if (!word.empty() && std::ranges::all_of(word, plain_in_shell)) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

std::string shell_quote(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + shell_quote(std::string_view(word));
  return out;
}

std::size_t columns_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(std::ranges::count_if(text, starts_character));
}

std::string shorten(std::string_view text, std::size_t columns) {
  if (columns_of(text) <= columns || columns == 0) return std::string(text);
  std::size_t seen = 0;
  const auto cut =
      std::ranges::find_if(text, [&](char c) { return starts_character(c) && ++seen == columns; });
  return std::string(text.begin(), cut) + "…";
}

}  // namespace cenote::cli
