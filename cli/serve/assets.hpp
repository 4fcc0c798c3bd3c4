/// The page's files, serve/assets/* and what it shares with the flame graph's page, page/assets/*, carried in
/// the program.
#pragma once

#include <span>
#include <string_view>

namespace cenote::cli {

struct Asset {
  std::string_view path;  // as it is asked for
  std::string_view type;
  std::string_view text;
};

std::span<const Asset> assets() noexcept;

}  // namespace cenote::cli
