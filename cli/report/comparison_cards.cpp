#include "comparison_cards.hpp"

#include <cmath>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

const char* css_class(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::less:
      return "card less";
    case Verdict::more:
      return "card more";
    case Verdict::unclear:
      break;
  }
  return "card unclear";
}

std::string range(const Spread& ratio) {
  const std::string least = format_ratio(ratio.min);
  const std::string largest = format_ratio(ratio.max);
  return least == largest ? least : least + " to " + largest;
}

std::string verdict_text(const Metric& metric, const Spread& ratio, int rounds) {
  if (std::isnan(ratio.median)) return "the system's value is 0";
  if (rounds == 1) return fmt::format("{}, in the only round", range(ratio));
  switch (verdict_of(ratio)) {
    case Verdict::less:
      return fmt::format("{} in every round: {}", metric.less, range(ratio));
    case Verdict::more:
      return fmt::format("{} in every round: {}", metric.more, range(ratio));
    case Verdict::unclear:
      break;
  }
  return fmt::format("no clear difference: {}", range(ratio));
}

Element card(const Comparison& comparison, const Metric& metric) {
  const AllocatorRuns& system = comparison.allocators[0];
  const AllocatorRuns& ours = comparison.allocators[1];
  const Spread ratio = ratio_of(comparison, ours, metric);
  const std::string values = fmt::format("{} beside {}", metric.format(spread_of(ours, metric).median),
                                         metric.format(spread_of(system, metric).median));
  return Element("div")
      .set("class", css_class(verdict_of(ratio)))
      .add(text_element("h3", metric.title))
      .add(text_element("p", change_text(ratio.median), "big"))
      .add(text_element("p", values, "values"))
      .add(text_element("p", verdict_text(metric, ratio, comparison.rounds), "verdict"));
}

}  // namespace

Verdict verdict_of(const Spread& ratio) noexcept {
  constexpr double kNothing = 0.005;  // less is written as 0 %
  if (ratio.max < 1 && ratio.median <= 1 - kNothing) return Verdict::less;
  return ratio.min > 1 && ratio.median >= 1 + kNothing ? Verdict::more : Verdict::unclear;
}

std::string change_text(double ratio) {
  if (std::isnan(ratio)) return "–";
  if (ratio >= 2) return format_ratio(ratio);
  const double percent = std::round((ratio - 1) * 100);
  if (percent == 0) return "±0 %";
  return fmt::format("{}{:.0f} %", percent < 0 ? "−" : "+", std::abs(percent));
}

Element comparison_cards(const Comparison& comparison) {
  Element cards =
      Element("section").set("class", "cards").set("aria-label", "cenote beside the system's malloc");
  for (const Metric& metric : kMetrics) cards.add(card(comparison, metric));
  return cards;
}

}  // namespace cenote::cli
