/// Rules for text that the program or another process supplies, such as the names of pools: it may be any
/// bytes.
///
///     cut            where a name is copied         never within a UTF-8 character
///     as_utf8        JSON, OpenMetrics, HTML        bytes that are not UTF-8 become U+FFFD
///     as_printable   terminals, log lines           control characters and bytes that are not UTF-8 are escaped
///
/// Nothing here allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote::text {

/// The first UTF-8 character of a text, or one byte that belongs to no character.
struct Character {
  std::uint32_t code = 0;  // of a character its code point, else the byte
  std::size_t bytes = 1;
  bool is_valid = false;  // UTF-8 as in RFC 3629: no surrogate, no overlong form, at most U+10FFFF
};
/// `text` is not empty. O(1).
Character first_character(std::string_view text) noexcept;

/// Whether a terminal can act on the character: C0, DEL, C1, line separators, and those that change the
/// direction of text.
bool is_control(std::uint32_t code) noexcept;

/// The longest start of `text` of at most `bytes_max` bytes that does not end within a character. O(1).
std::string_view cut(std::string_view text, std::size_t bytes_max) noexcept;

/// Copies `from`, cut to fit, and a terminating null.
template <std::size_t kRoom>
void copy(std::string_view from, char (&to)[kRoom]) noexcept {
  to[cut(from, kRoom - 1).copy(to, kRoom - 1)] = '\0';
}

/// Calls put(Character, std::string_view) for each character of `text`, and for each byte that belongs to
/// none.
template <class Put>
void for_each_character(std::string_view text, Put put) {
  while (!text.empty()) {
    const Character character = first_character(text);
    put(character, text.substr(0, character.bytes));
    text.remove_prefix(character.bytes);
  }
}

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// Calls put(std::string_view) with the parts of `text` as UTF-8: each byte that belongs to no character
/// becomes U+FFFD.
template <class Put>
void as_utf8(std::string_view text, Put put) {
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    put(character.is_valid ? bytes : kReplacement);
  });
}

/// A character as a terminal or a log may get it: itself, or an escape such as \n, \x1b, \u202e.
class Escaped {
 public:
  Escaped(const Character& character, std::string_view bytes) noexcept;
  std::string_view get() const noexcept {
    return escape_bytes_ == 0 ? bytes_ : std::string_view{escape_, escape_bytes_};
  }

 private:
  std::string_view bytes_;
  char escape_[8];
  std::size_t escape_bytes_ = 0;
};

/// Calls put(std::string_view) with the parts of `text` on one line: control characters, and bytes that
/// belong to no character, are escaped.
template <class Put>
void as_printable(std::string_view text, Put put) {
  for_each_character(text, [&](const Character& character, std::string_view bytes) {
    put(Escaped{character, bytes}.get());
  });
}

/// The same in a buffer of its own, for printf: a name of a pool always fits, longer text is cut.
template <std::size_t kRoom = 256>
class Printable {
 public:
  explicit Printable(std::string_view text) noexcept {
    std::size_t length = 0;
    bool fits = true;
    as_printable(text, [&](std::string_view part) {
      fits = fits && length + part.size() < kRoom;
      if (fits) length += part.copy(text_ + length, part.size());
    });
    text_[length] = '\0';
  }
  const char* get() const noexcept { return text_; }

 private:
  char text_[kRoom];
};

}  // namespace cenote::text
