#include "memory_section.hpp"

#include <algorithm>
#include <utility>

#include "page.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kHeading = "Resident memory over time";

Element legend(const std::vector<TimelineSeries>& series) {
  Element list = Element("ul").set("class", "legend");
  for (const TimelineSeries& one : series) {
    list.add(Element("li").add(text_element("span", "", "swatch " + one.css_class)).text(one.name));
  }
  return list;
}

bool sampled(const TimelineSeries& series) { return !series.typical->resident.empty(); }

}  // namespace

Element memory_section(const std::vector<TimelineSeries>& series, std::string_view lead) {
  if (std::ranges::none_of(series, sampled)) {
    return section(kHeading, "Too short to be seen: it ended before the first sample was taken.");
  }
  Element out = section(kHeading, lead);
  if (series.size() > 1) out.add(legend(series));
  return std::move(
      out.add(Element("figure").add(Element("div").set("class", "scroll wide").add(timeline_chart(series)))));
}

}  // namespace cenote::cli
