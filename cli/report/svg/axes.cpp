#include "axes.hpp"

#include "marks.hpp"

namespace cenote::cli {
namespace {

constexpr double kLabelGap = 8;
constexpr double kTextHeight = 12;

const char* line_class(double value) { return value == 0 ? "axis" : "grid"; }

}  // namespace

Element horizontal_axis(const Ticks& ticks, const LinearScale& x, const PlotArea& area) {
  Element axis("g");
  for (const double value : ticks.values) {
    axis.add(line_mark({x(value), area.top}, {x(value), area.bottom}, line_class(value)));
    axis.add(text_mark({x(value), area.bottom + kLabelGap + kTextHeight}, tick_label(ticks, value),
                       "tick middle"));
  }
  return axis;
}

Element vertical_axis(const Ticks& ticks, const LinearScale& y, const PlotArea& area) {
  Element axis("g");
  for (const double value : ticks.values) {
    axis.add(line_mark({area.left, y(value)}, {area.right, y(value)}, line_class(value)));
    axis.add(
        text_mark({area.left - kLabelGap, y(value) + kTextHeight / 3}, tick_label(ticks, value), "tick end"));
  }
  return axis;
}

}  // namespace cenote::cli
