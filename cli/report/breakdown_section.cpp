#include "breakdown_section.hpp"

#include <initializer_list>
#include <string>

#include <fmt/format.h>

#include "../text/units.hpp"
#include "charts/breakdown_chart.hpp"
#include "page.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kHeading = "Why it was resident";

std::string bytes_text(std::uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

Element heading_row(std::initializer_list<const char*> titles) {
  Element row("tr");
  for (const char* const title : titles) row.add(text_element("th", title));
  return Element("thead").add(row);
}

Element reasons_table(const stats::Snapshot& together) {
  Element body("tbody");
  const auto reasons = stats::why_resident(together);
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    Element name("th");
    name.add(text_element("span", "", "swatch " + reason_class(i))).text(reasons[i].name);
    body.add(Element("tr")
                 .add(name)
                 .add(text_element("td", reasons[i].is_unknown ? "unknown" : bytes_text(reasons[i].bytes)))
                 .add(text_element("td", reasons[i].meaning, "words")));
  }
  return Element("table").add(heading_row({"reason", "bytes", "that is"})).add(body);
}

Element pool_row(const stats::Account& pool) {
  Element row("tr");
  row.add(text_element("th", pool.name)).add(text_element("td", stats::name_of(pool.kind)));
  for (const std::uint64_t bytes : {pool.live(), pool.cached(), pool.free()})
    row.add(text_element("td", bytes_text(bytes)));
  return row.add(text_element("td", format_count(static_cast<double>(pool[stats::Figure::blocks_in_use]))));
}

Element pools_table(const stats::Snapshot& together) {
  Element body("tbody");
  for (const stats::Account& pool : together.pools) {
    if (pool.committed() != 0) body.add(pool_row(pool));
  }
  return Element("details")
      .add(text_element("summary", "The pools"))
      .add(Element("div")
               .set("class", "scroll")
               .add(Element("table")
                        .add(heading_row({"pool", "kind", "live", "cached", "free", "blocks"}))
                        .add(body)));
}

std::string lead(const Breakdown& breakdown) {
  std::string text =
      fmt::format("{} in {} process{}, {} after the start: the highest peak that was looked at.",
                  bytes_text(breakdown.together.resident_bytes), breakdown.processes,
                  breakdown.processes == 1 ? "" : "es", format_seconds(breakdown.seconds));
  if (breakdown.unread != 0)
    text += fmt::format(" {} more had no cenote, or had ended before they were read.", breakdown.unread);
  return text;
}

}  // namespace

Element breakdown_section(const std::optional<Breakdown>& breakdown) {
  if (!breakdown) {
    return section(kHeading,
                   "Not known: no process was read. It was over too soon, or the system forbids reading it.");
  }
  return section(kHeading, lead(*breakdown))
      .add(Element("figure")
               .add(Element("div").set("class", "scroll wide").add(breakdown_chart(breakdown->together)))
               .add(Element("div").set("class", "scroll").add(reasons_table(breakdown->together))))
      .add(pools_table(breakdown->together));
}

}  // namespace cenote::cli
