#include "comparison_numbers.hpp"

#include <fmt/format.h>

#include "svg/marks.hpp"

namespace cenote::cli {
namespace {

Element heading() {
  Element row("tr");
  row.add(text_element("th", "allocator"));
  for (const Metric& metric : kMetrics) row.add(text_element("th", metric.title));
  return row;
}

Element cell(const Comparison& comparison, const AllocatorRuns& allocator, const Metric& metric) {
  const Spread spread = spread_of(allocator, metric);
  const std::string range = fmt::format("{} to {}", metric.format(spread.min), metric.format(spread.max));
  Element value("div");
  value.add(text_element("strong", metric.format(spread.median)));
  value.text(" ").add(
      text_element("span", format_ratio(ratio_of(comparison, allocator, metric).median), "ratio"));
  return Element("td").add(value).add(text_element("div", range, "range"));
}

}  // namespace

Element comparison_numbers(const Comparison& comparison) {
  Element table("table");
  table.add(Element("thead").add(heading()));
  Element body("tbody");
  for (std::size_t i = 0; i < comparison.allocators.size(); ++i) {
    const AllocatorRuns& allocator = comparison.allocators[i];
    Element row("tr");
    row.add(Element("th")
                .set("scope", "row")
                .add(text_element("span", "", "swatch " + series_class(i)))
                .text(allocator.name));
    for (const Metric& metric : kMetrics) row.add(cell(comparison, allocator, metric));
    body.add(row);
  }
  return Element("div").set("class", "scroll").add(table.add(body));
}

}  // namespace cenote::cli
