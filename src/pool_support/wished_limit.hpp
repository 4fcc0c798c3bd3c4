/// Limits of names that the user wants without a change to the program:
/// CENOTE_OPTIONS="limit.parser=64MiB:limit_action=report".
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/handlers.hpp>

namespace cenote {

/// "67108864", "65536K", "64M" and "64MiB" are the same; suffixes up to T. 0 where the text is no such size,
/// or too large a one.
inline std::uint64_t bytes_of_text(std::string_view text) noexcept {
  constexpr std::array kUnits{std::pair{'K', 10U}, std::pair{'M', 20U}, std::pair{'G', 30U},
                              std::pair{'T', 40U}};
  unsigned shift = 0;
  if (text.ends_with("iB")) text.remove_suffix(2);
  for (const auto& [letter, bits] : kUnits) {
    if (text.ends_with(letter)) shift = bits;
  }
  if (shift != 0) text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  return is_whole && number <= UINT64_MAX >> shift ? number << shift : 0;
}

struct WishedLimit {
  std::size_t bytes = 0;  // 0: none
  LimitAction action = LimitAction::refuse;
};

/// What `options`, a text like the above or null, wants for heaps of that name. A value that is no size is
/// one line on stderr, and no limit.
WishedLimit wished_limit(const char* options, std::string_view name) noexcept;

}  // namespace cenote
