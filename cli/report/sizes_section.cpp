#include "sizes_section.hpp"

#include <fmt/format.h>

#include "../sizes/size_ranges.hpp"
#include "../text/units.hpp"
#include "charts/size_chart.hpp"
#include "page.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kHeading = "Sizes the program asked for";

Element row(const SizeRange& range, double total) {
  const double calls = static_cast<double>(range.calls);
  return Element("tr")
      .add(
          text_element("th", fmt::format("{} to below {}", format_size(range.begin), format_size(range.end))))
      .add(text_element("td", format_count(calls)))
      .add(text_element("td", fmt::format("{:.2f} %", calls / total * 100)));
}

Element numbers(const SizeCounts& sizes) {
  Element table("table");
  Element heading("tr");
  for (const char* title : {"size", "requests", "share"}) heading.add(text_element("th", title));
  table.add(Element("thead").add(heading));
  Element body("tbody");
  for (const SizeRange& range : size_ranges(sizes)) body.add(row(range, static_cast<double>(sizes.total())));
  table.add(body);
  return Element("details")
      .add(text_element("summary", "The numbers"))
      .add(Element("div").set("class", "scroll").add(table));
}

}  // namespace

Element sizes_section(const std::optional<SizeCounts>& sizes, std::string_view library) {
  if (!sizes) {
    return section(
        kHeading, fmt::format("Not known: {} recorded none. Only cenote's own library does, in programs that "
                              "the dynamic linker starts.",
                              library));
  }
  const std::string lead = fmt::format("{} requests by {} process{}, counted by the malloc replacement.",
                                       format_count(static_cast<double>(sizes->total())), sizes->processes,
                                       sizes->processes == 1 ? "" : "es");
  return section(kHeading, lead)
      .add(figure("Requests by size", "malloc, calloc, realloc and operator new", size_calls_chart(*sizes)))
      .add(figure("Bytes by size", "requests times the middle of their size range: what the memory goes to",
                  size_bytes_chart(*sizes)))
      .add(numbers(*sizes));
}

}  // namespace cenote::cli
