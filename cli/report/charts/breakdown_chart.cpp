#include "breakdown_chart.hpp"

#include <array>

#include <fmt/format.h>

#include "../../text/units.hpp"
#include "../svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr double kWidth = 960, kHeight = 56, kBarTop = 4, kBarHeight = 48;

// Live bytes have the allocator's own colour; what is none of its is grey.
constexpr std::array<std::size_t, stats::kReasons> kColours{1, 6, 3, 2, 5, 4, 7, 0};

std::string words(const stats::Reason& reason) {
  if (reason.is_unknown) return fmt::format("{}: unknown", reason.name);
  return fmt::format("{}: {}", reason.name, format_bytes(static_cast<double>(reason.bytes)));
}

double sum_of(const std::array<stats::Reason, stats::kReasons>& reasons) {
  double sum = 0;
  for (const stats::Reason& reason : reasons) sum += static_cast<double>(reason.bytes);
  return sum;
}

}  // namespace

std::string reason_class(std::size_t reason) { return fmt::format("s{}", kColours[reason]); }

Element breakdown_chart(const stats::Snapshot& snapshot) {
  const auto reasons = stats::why_resident(snapshot);
  std::string description;
  for (const stats::Reason& reason : reasons) description += words(reason) + ". ";
  Element chart = picture(kWidth, kHeight, "Why memory was resident", description);
  const double all = sum_of(reasons);
  double left = 0;
  for (std::size_t i = 0; i < reasons.size() && all > 0; ++i) {
    const double width = static_cast<double>(reasons[i].bytes) / all * kWidth;
    const Element bar = box_mark({left, kBarTop}, width, kBarHeight, "solid " + reason_class(i));
    chart.add(with_tooltip(bar, words(reasons[i])));
    left += width;
  }
  return chart;
}

}  // namespace cenote::cli
