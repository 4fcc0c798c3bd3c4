/// The small files in which Linux says what the machine is like, read without allocating.
#pragma once

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace cenote::os {

class KeepErrno {
 public:
  KeepErrno() noexcept : saved_{errno} {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

/// Opens the file whose path is these parts one behind another; -1 when the system refuses.
int open_file(std::initializer_list<std::string_view> path, int flags) noexcept;

/// A file's text, as far as there is room for it.
class SmallFile {
 public:
  /// The file whose path is these parts one behind another. Empty when there is none.
  SmallFile(std::initializer_list<std::string_view> path) noexcept;

  std::string_view text() const noexcept { return {text_.data(), length_}; }
  bool exists() const noexcept { return exists_; }

 private:
  std::array<char, 8192> text_;
  std::size_t length_ = 0;
  bool exists_ = false;
};

/// A number in decimal.
class NumberText {
 public:
  explicit NumberText(int number) noexcept
      : length_{static_cast<std::size_t>(std::to_chars(text_.begin(), text_.end(), number).ptr -
                                         text_.begin())} {}
  operator std::string_view() const noexcept {
    return {text_.data(), length_};
  }  // a part of a path; NOLINT(google-explicit-constructor)

 private:
  std::array<char, 12> text_{};
  std::size_t length_;
};

/// Takes a number, in decimal, off the start of `text`, blanks before it too; -1 when there is none.
std::int64_t take_number(std::string_view& text) noexcept;

/// The bytes behind `field` in a text like "Node 0 MemFree:  123 kB"; 0 when there is none.
std::size_t bytes_field(std::string_view text, std::string_view field) noexcept;

/// Calls `visit(part)` for each part of a text: lines, or what commas part.
template <class Visit>
void for_each_part(std::string_view text, char separator, Visit visit) noexcept {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    visit(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

/// Calls `visit(int)` for each number of a list like "0-3,8,10-11". Stops where the text is no such list.
template <class Visit>
void for_each_listed(std::string_view text, Visit visit) noexcept {
  for (;;) {
    const std::int64_t first = take_number(text);
    if (first < 0) return;
    std::int64_t last = first;
    if (text.starts_with('-')) {
      text.remove_prefix(1);
      last = take_number(text);
    }
    for (std::int64_t number = first; number <= last; ++number) visit(static_cast<int>(number));
    if (!text.starts_with(',')) return;
    text.remove_prefix(1);
  }
}

}  // namespace cenote::os
