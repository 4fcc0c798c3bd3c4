#include "graphics.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>

namespace cenote::cli {
namespace {

constexpr std::array<std::string_view, 8> kBlocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kAscii{"_", ".", ",", "-", "=", "+", "*", "#"};

}  // namespace

std::vector<std::size_t> share_out(std::span<const std::uint64_t> parts, std::size_t columns) {
  const double whole = std::accumulate(parts.begin(), parts.end(), 0.0, [](double sum, std::uint64_t part) {
    return sum + static_cast<double>(part);
  });
  std::vector<std::size_t> cells;
  double end = 0;
  for (std::size_t part = 0; part < parts.size() && whole > 0; ++part) {
    end += static_cast<double>(parts[part]) / whole * static_cast<double>(columns);
    cells.resize(std::min(columns, static_cast<std::size_t>(std::lround(end))), part);
  }
  return cells;
}

std::string sparkline(std::span<const double> values, std::size_t columns, const Screen& screen) {
  values = values.last(std::min(values.size(), columns));
  if (values.empty()) return {};
  const auto [least, greatest] = std::ranges::minmax(values);
  const double range = greatest - least;
  std::string text;
  for (const double value : values) {
    const double height = range > 0 ? (value - least) / range * (kBlocks.size() - 1) : 0;
    text += (screen.utf8 ? kBlocks : kAscii)[static_cast<std::size_t>(std::lround(height))];
  }
  return text;
}

}  // namespace cenote::cli
