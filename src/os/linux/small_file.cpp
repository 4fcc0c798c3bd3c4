#include "os/linux/small_file.hpp"

#include <algorithm>

#include <cenote/detail/bits.hpp>

#include "os/linux/raw_calls.hpp"

namespace cenote::os {

namespace {

constexpr std::size_t kPathMax = 1024;  // of control groups in containers: some hundred bytes

}  // namespace

int open_file(std::initializer_list<std::string_view> parts, int flags) noexcept {
  std::array<char, kPathMax> path{};
  std::size_t length = 0;
  for (const std::string_view part : parts) {
    if (part.size() >= path.size() - length) return -1;
    std::copy(part.begin(), part.end(), path.begin() + static_cast<std::ptrdiff_t>(length));
    length += part.size();
  }
  return raw::open(path.data(), flags);
}

SmallFile::SmallFile(std::initializer_list<std::string_view> path) noexcept {
  const KeepErrno keep;
  const int file = open_file(path, O_RDONLY | O_CLOEXEC);
  if (file >= 0) {
    exists_ = true;
    ssize_t got = 0;
    while (length_ < text_.size() &&
           (got = raw::read(file, text_.data() + length_, text_.size() - length_)) > 0)
      length_ += static_cast<std::size_t>(got);
    raw::close(file);
  }
}

std::int64_t take_number(std::string_view& text) noexcept {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  constexpr std::int64_t kEnough = 1'000'000'000'000;
  std::int64_t number = -1;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9' && number < kEnough) {
    number = (number < 0 ? 0 : number * 10) + (text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

std::size_t bytes_field(std::string_view text, std::string_view field) noexcept {
  const std::size_t at = text.find(field);
  if (at == std::string_view::npos) return 0;
  text.remove_prefix(at + field.size());
  const std::int64_t kib = take_number(text);
  return kib < 0 ? 0 : saturated_size(static_cast<std::uint64_t>(kib) * 1024);
}

}  // namespace cenote::os
