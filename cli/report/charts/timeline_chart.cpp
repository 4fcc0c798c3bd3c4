#include "timeline_chart.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "../../text/units.hpp"
#include "../svg/axes.hpp"
#include "../svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr double kWidth = 960;
constexpr double kHeight = 330;
constexpr PlotArea kArea{76, 14, kWidth - 26, kHeight - 30};
constexpr double kPeakRadius = 4.5;
constexpr int kTimeTicks = 8;
constexpr int kBytesTicks = 5;
// a point for every third unit of the width shows all that can be seen
constexpr std::size_t kPointsMax = 320;

struct Scales {
  LinearScale x;
  LinearScale y;

  [[nodiscard]] Point place(const ResidentSample& sample) const {
    return {x(sample.seconds), y(static_cast<double>(sample.bytes))};
  }
};

bool smaller(const ResidentSample& a, const ResidentSample& b) { return a.bytes < b.bytes; }

/// At most kPointsMax of the samples: the largest of each stretch, and the last.
std::vector<ResidentSample> thinned(const std::vector<ResidentSample>& samples) {
  const std::size_t stretch = (samples.size() + kPointsMax - 1) / kPointsMax;
  std::vector<ResidentSample> kept;
  for (std::size_t begin = 0; begin < samples.size(); begin += stretch) {
    const auto first = samples.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto last =
        samples.begin() + static_cast<std::ptrdiff_t>(std::min(begin + stretch, samples.size()));
    kept.push_back(*std::max_element(first, last, smaller));
  }
  if (stretch > 1) kept.push_back(samples.back());
  return kept;
}

Element run_line(const Measurement& run, const Scales& scales, const std::string& css_class) {
  std::vector<Point> points;
  for (const ResidentSample& sample : thinned(run.resident)) points.push_back(scales.place(sample));
  return path_mark(points, css_class);
}

Element peak_dot(const TimelineSeries& series, const Scales& scales) {
  const auto& samples = series.typical->resident;
  const ResidentSample peak = *std::max_element(samples.begin(), samples.end(), smaller);
  const std::string tooltip =
      fmt::format("{}: {} after {}", series.name, format_bytes(static_cast<double>(peak.bytes)),
                  format_seconds(peak.seconds));
  return with_tooltip(dot_mark(scales.place(peak), kPeakRadius, "dot " + series.css_class), tooltip);
}

template <class Value>
double largest(const std::vector<TimelineSeries>& series, Value value) {
  double out = 0;
  for (const TimelineSeries& one : series) {
    out = std::max(out, value(*one.typical));
    for (const Measurement* run : one.others) out = std::max(out, value(*run));
  }
  return out;
}

std::string description(const std::vector<TimelineSeries>& series) {
  std::string out;
  for (const TimelineSeries& one : series) {
    out += fmt::format("{}: peak {} in a run of {}. ", one.name,
                       format_bytes(static_cast<double>(one.typical->tree_peak_bytes)),
                       format_seconds(one.typical->wall_s));
  }
  return out;
}

}  // namespace

Element timeline_chart(const std::vector<TimelineSeries>& series) {
  const double seconds = largest(series, [](const Measurement& run) { return run.wall_s; });
  const double bytes =
      largest(series, [](const Measurement& run) { return static_cast<double>(run.tree_peak_bytes); });
  const Ticks time = round_ticks(seconds, kTimeTicks, &seconds_unit);
  const Ticks memory = round_ticks(bytes, kBytesTicks, &bytes_unit);
  const Scales scales{{time.last(), kArea.left, kArea.right}, {memory.last(), kArea.bottom, kArea.top}};

  Element chart = picture(kWidth, kHeight, "Resident memory over time", description(series));
  chart.add(vertical_axis(memory, scales.y, kArea)).add(horizontal_axis(time, scales.x, kArea));
  for (const TimelineSeries& one : series) {
    for (const Measurement* run : one.others)
      chart.add(run_line(*run, scales, "line faint " + one.css_class));
  }
  for (const TimelineSeries& one : series) {
    if (one.typical->resident.empty()) continue;
    chart.add(run_line(*one.typical, scales, "line " + one.css_class)).add(peak_dot(one, scales));
  }
  return chart;
}

}  // namespace cenote::cli
