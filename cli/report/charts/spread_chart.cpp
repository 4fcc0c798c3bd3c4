#include "spread_chart.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "../../text/quoting.hpp"
#include "../svg/axes.hpp"
#include "../svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr double kWidth = 460;
constexpr double kRowHeight = 38;
constexpr double kBarHeight = 16;
constexpr double kTickHeight = 22;
constexpr double kDotRadius = 4;
constexpr double kLabelWidth = 142;
constexpr double kAxisHeight = 28;
constexpr double kCharacterWidth = 7.5;
constexpr std::size_t kNameColumnsMax = 14;
constexpr int kTicks = 4;

double largest_value(const Comparison& comparison, const Metric& metric) {
  double largest = 0;
  for (const AllocatorRuns& allocator : comparison.allocators) {
    largest = std::max(largest, spread_of(allocator, metric).max);
  }
  return largest;
}

double name_width(const Comparison& comparison) {
  std::size_t columns = 0;
  for (const AllocatorRuns& allocator : comparison.allocators)
    columns = std::max(columns, allocator.name.size());
  return 12 + kCharacterWidth * static_cast<double>(std::min(columns, kNameColumnsMax));
}

/// Everything a row is drawn with.
struct Row {
  const AllocatorRuns& allocator;
  const Metric& metric;
  const LinearScale& x;
  double middle;  // y
  std::string series;

  void add_spread(Element& to) const {
    const Spread spread = spread_of(allocator, metric);
    to.add(box_mark({x(0), middle - kBarHeight / 2}, x(spread.median) - x(0), kBarHeight, "bar " + series));
    to.add(line_mark({x(spread.min), middle}, {x(spread.max), middle}, "whisker " + series));
  }

  void add_median(Element& to) const {
    const double median = x(spread_of(allocator, metric).median);
    to.add(line_mark({median, middle - kTickHeight / 2}, {median, middle + kTickHeight / 2},
                     "median " + series));
  }

  void add_dots(Element& to) const {
    int run = 0;
    for (const double value : values_of(allocator, metric)) {
      const std::string tooltip = fmt::format("{}, run {}: {}", allocator.name, ++run, metric.format(value));
      to.add(with_tooltip(dot_mark({x(value), middle}, kDotRadius, "dot " + series), tooltip));
    }
  }

  void add_texts(Element& to, double ratio, double right) const {
    constexpr double kBaseline = 4.5;
    to.add(text_mark({x(0) - 10, middle + kBaseline}, shorten(allocator.name, kNameColumnsMax), "name end"));
    Element label = text_mark({right + 10, middle + kBaseline}, "", "value");
    label.text(metric.format(spread_of(allocator, metric).median));
    label.add(text_element("tspan", "  " + format_ratio(ratio), "ratio"));
    to.add(label);
  }
};

std::string description(const Comparison& comparison, const Metric& metric) {
  std::string out;
  for (const AllocatorRuns& allocator : comparison.allocators) {
    const Spread spread = spread_of(allocator, metric);
    out += fmt::format("{}: median {}, from {} to {}. ", allocator.name, metric.format(spread.median),
                       metric.format(spread.min), metric.format(spread.max));
  }
  return out;
}

}  // namespace

Element spread_chart(const Comparison& comparison, const Metric& metric) {
  const double bottom = 4 + kRowHeight * static_cast<double>(comparison.allocators.size());
  const PlotArea area{name_width(comparison), 4, kWidth - kLabelWidth, bottom};
  const double largest = largest_value(comparison, metric);
  const Ticks ticks = round_ticks(largest, kTicks, metric.unit);
  const LinearScale x{ticks.last(), area.left, area.right};
  Element chart = picture(kWidth, bottom + kAxisHeight, metric.title, description(comparison, metric));
  chart.add(horizontal_axis(ticks, x, area));
  for (std::size_t i = 0; i < comparison.allocators.size(); ++i) {
    const AllocatorRuns& allocator = comparison.allocators[i];
    const double middle = area.top + kRowHeight * (static_cast<double>(i) + 0.5);
    const Row row{allocator, metric, x, middle, series_class(i)};
    row.add_spread(chart);
    row.add_dots(chart);
    row.add_median(chart);
    row.add_texts(chart, ratio_of(comparison, allocator, metric).median, area.right);
  }
  return chart;
}

}  // namespace cenote::cli
