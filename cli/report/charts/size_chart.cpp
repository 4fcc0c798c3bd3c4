#include "size_chart.hpp"

#include <algorithm>
#include <bit>
#include <vector>

#include <fmt/format.h>

#include "../../text/units.hpp"
#include "../svg/axes.hpp"
#include "../svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr double kWidth = 960;
constexpr double kHeight = 264;
constexpr PlotArea kArea{76, 40, kWidth - 16, kHeight - 30};
constexpr double kBarGap = 1;
constexpr int kTicks = 4;
constexpr double kLabelWidthMin = 56;
constexpr const char* kSeries = "s1";  // the sizes are recorded under cenote

/// The buckets that are drawn, [first, last], and where.
struct Buckets {
  std::size_t first;
  std::size_t last;

  [[nodiscard]] double width() const noexcept {
    return (kArea.right - kArea.left) / static_cast<double>(last - first + 1);
  }
  [[nodiscard]] double left(std::size_t bucket) const noexcept {
    return kArea.left + width() * static_cast<double>(bucket - first);
  }
};

Buckets used_buckets(const SizeCounts& sizes) {
  const auto used = [](std::uint64_t calls) { return calls > 0; };
  const auto first = std::find_if(sizes.calls.begin(), sizes.calls.end(), used) - sizes.calls.begin();
  const auto behind = sizes.calls.rend() - std::find_if(sizes.calls.rbegin(), sizes.calls.rend(), used);
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(behind - 1)};
}

std::string bucket_name(std::size_t bucket) {
  return fmt::format("{} to below {}", format_size(bucket_begin(bucket)), format_size(bucket_end(bucket)));
}

/// Labels at the powers of two, as many as fit.
Element size_axis(const Buckets& buckets) {
  Element axis("g");
  double free_from = 0;
  for (std::size_t bucket = buckets.first; bucket <= buckets.last; ++bucket) {
    const auto floor = stats::SizeHistogram::floor_of(bucket);
    const double x = buckets.left(bucket);
    if ((floor != 0 && !std::has_single_bit(floor)) || x < free_from) continue;
    axis.add(line_mark({x, kArea.bottom}, {x, kArea.bottom + 5}, "axis"));
    axis.add(text_mark({x, kArea.bottom + 20}, format_size(bucket_begin(bucket)), "tick middle"));
    free_from = x + kLabelWidthMin;
  }
  return axis;
}

using Values = std::vector<double>;  // by bucket

/// Axes and bars of `values`; `show` writes a value in the tooltips.
Element bars(Element chart, const Buckets& buckets, const Values& values, UnitFor unit_for,
             std::string (*show)(double)) {
  const Ticks ticks = round_ticks(*std::ranges::max_element(values), kTicks, unit_for);
  const LinearScale y{ticks.last(), kArea.bottom, kArea.top};
  chart.add(vertical_axis(ticks, y, kArea)).add(size_axis(buckets));
  for (std::size_t bucket = buckets.first; bucket <= buckets.last; ++bucket) {
    if (values[bucket] == 0) continue;
    const double top = y(values[bucket]);
    const Point corner{buckets.left(bucket) + kBarGap / 2, top};
    Element bar = box_mark(corner, std::max(buckets.width() - kBarGap, 1.0), kArea.bottom - top,
                           std::string("solid ") + kSeries);
    chart.add(with_tooltip(std::move(bar), fmt::format("{}: {}", bucket_name(bucket), show(values[bucket]))));
  }
  return chart;
}

/// A line right of the bucket up to which `share` of the calls lie.
Element quantile_line(const SizeCounts& sizes, const Buckets& buckets, double share, double label_y) {
  const std::size_t bucket = sizes.quantile_bucket(share);
  const double x = buckets.left(bucket) + buckets.width();
  const bool on_left = x > (kArea.left + kArea.right) / 2;
  const std::string label = fmt::format("{:g} % are below {}", share * 100, format_size(bucket_end(bucket)));
  return Element("g")
      .add(line_mark({x, label_y - 8}, {x, kArea.bottom}, "quantile"))
      .add(text_mark({on_left ? x - 6 : x + 6, label_y}, label, on_left ? "note end" : "note"));
}

std::string description(const SizeCounts& sizes) {
  return fmt::format("{} requests; half are below {}, 99 percent below {}.",
                     format_count(static_cast<double>(sizes.total())),
                     format_size(bucket_end(sizes.quantile_bucket(0.5))),
                     format_size(bucket_end(sizes.quantile_bucket(0.99))));
}

}  // namespace

Element size_calls_chart(const SizeCounts& sizes) {
  const Buckets buckets = used_buckets(sizes);
  const Values values(sizes.calls.begin(), sizes.calls.end());
  Element chart = bars(picture(kWidth, kHeight, "Requests by size", description(sizes)), buckets, values,
                       &count_unit, &format_count);
  chart.add(quantile_line(sizes, buckets, 0.5, 14)).add(quantile_line(sizes, buckets, 0.99, 31));
  return chart;
}

Element size_bytes_chart(const SizeCounts& sizes) {
  Values values(SizeCounts::kBuckets);
  for (std::size_t bucket = 0; bucket < values.size(); ++bucket) {
    values[bucket] =
        static_cast<double>(sizes.calls[bucket]) * (bucket_begin(bucket) + bucket_end(bucket)) / 2;
  }
  return bars(picture(kWidth, kHeight, "Bytes by size", description(sizes)), used_buckets(sizes), values,
              &bytes_unit, &format_bytes);
}

}  // namespace cenote::cli
