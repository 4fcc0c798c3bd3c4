/// Writes JSON: just what renderings of a snapshot need, since nothing below the edges may depend on a
/// library.
///
/// Source  RFC 8259.
#pragma once

#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/text.hpp"

namespace cenote::inspect {

/// `Text` has append(std::string_view): a std::string, or a BoundedText.
template <class Text>
class JsonWriter {
 public:
  explicit JsonWriter(Text& text) noexcept : text_{text} {}

  void open_object() { begin(), put("{"), is_first_ = true; }
  void close_object() { put("}"), is_first_ = false; }
  void open_array() { begin(), put("["), is_first_ = true; }
  void close_array() { put("]"), is_first_ = false; }

  /// Of the value that comes next.
  JsonWriter& key(std::string_view name) {
    begin();
    quote(name);
    put(":");
    after_key_ = true;
    return *this;
  }
  void value(std::uint64_t number) {
    char digits[20];
    const std::to_chars_result end = std::to_chars(digits, digits + sizeof digits, number);
    begin(), put({digits, static_cast<std::size_t>(end.ptr - digits)});
  }
  void value(std::string_view string) { begin(), quote(string); }
  void value(bool truth) { begin(), put(truth ? "true" : "false"); }

 private:
  void put(std::string_view part) { text_.append(part); }
  void begin() {
    if (!is_first_ && !after_key_) put(",");
    is_first_ = after_key_ = false;
  }
  void quote(std::string_view string) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    put("\"");
    text::as_utf8(string, [&](std::string_view character) {
      const auto code = static_cast<unsigned char>(character.front());
      if (code == '"' || code == '\\') put("\\");
      if (code < 0x20 || code == 0x7F) {
        put("\\u00"), put(kDigits.substr(code >> 4, 1)), put(kDigits.substr(code & 15, 1));
      } else {
        put(character);
      }
    });
    put("\"");
  }

  Text& text_;
  bool is_first_ = true;
  bool after_key_ = false;
};

/// The start of a text, as far as it fits into memory of the caller with a null at its end, and the length of
/// all of it: as snprintf.
class BoundedText {
 public:
  explicit BoundedText(std::span<char> room) noexcept : room_{room} {
    if (!room_.empty()) room_.front() = '\0';
  }

  void append(std::string_view part) noexcept {
    if (length_ < room_.size()) {
      const std::size_t copied = part.copy(room_.data() + length_, room_.size() - 1 - length_);
      room_[length_ + copied] = '\0';
    }
    length_ += part.size();
  }
  /// Of the whole text.
  std::size_t length() const noexcept { return length_; }

 private:
  std::span<char> room_;
  std::size_t length_ = 0;
};

}  // namespace cenote::inspect
