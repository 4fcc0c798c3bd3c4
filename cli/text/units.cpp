#include "units.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

constexpr double kKi = 1024;
constexpr std::array kSeconds{Unit{1e-6, "µs"}, Unit{1e-3, "ms"}, Unit{1, "s"}};
constexpr std::array kBytes{Unit{1, "B"}, Unit{kKi, "KiB"}, Unit{kKi * kKi, "MiB"},
                            Unit{kKi * kKi * kKi, "GiB"}, Unit{kKi * kKi * kKi * kKi, "TiB"}};
constexpr std::array kCounts{Unit{1, ""}, Unit{1e3, "k"}, Unit{1e6, "M"}, Unit{1e9, "G"}};

/// The largest unit of which `largest` has at least one; the units ascend.
Unit unit_below(std::span<const Unit> units, double largest) noexcept {
  const auto above =
      std::find_if(units.begin() + 1, units.end(), [&](Unit unit) { return unit.size > largest; });
  return *(above - 1);
}

/// Three digits, more only where there are more before the point.
std::string three_digits(double value) {
  if (value == 0 || value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, value >= 10 ? 1 : 2);
}

}  // namespace

Unit seconds_unit(double largest) noexcept { return unit_below(kSeconds, largest); }
Unit bytes_unit(double largest) noexcept { return unit_below(kBytes, largest); }
Unit count_unit(double largest) noexcept { return unit_below(kCounts, largest); }

std::string with_unit(double value, Unit unit) {
  const std::string number = three_digits(value / unit.size);
  return *unit.name == '\0' ? number : number + " " + unit.name;
}

std::string format_seconds(double seconds) { return with_unit(seconds, seconds_unit(seconds)); }
std::string format_bytes(double bytes) { return with_unit(bytes, bytes_unit(bytes)); }

std::string format_count(double count) {
  const std::string digits = fmt::format("{:.0f}", count);
  std::string out;
  for (std::size_t place = 0; place < digits.size(); ++place) {
    if (place > 0 && (digits.size() - place) % 3 == 0) out += ',';
    out += digits[place];
  }
  return out;
}

std::string format_ratio(double ratio) { return std::isnan(ratio) ? "–" : fmt::format("{:.2f}×", ratio); }

std::string format_size(double bytes) {
  const Unit unit = bytes_unit(bytes);
  return fmt::format("{:g} {}", bytes / unit.size, unit.name);
}

}  // namespace cenote::cli
