#include "run_page.hpp"

#include <fmt/format.h>

#include "../measure/metrics.hpp"
#include "../text/quoting.hpp"
#include "charts/timeline_chart.hpp"
#include "method_section.hpp"
#include "page.hpp"
#include "sizes_section.hpp"
#include "svg/marks.hpp"

namespace cenote::cli {
namespace {

Element cards(const Measurement& run) {
  Element out = Element("section").set("class", "cards").set("aria-label", "what the run took");
  for (const Metric& metric : kMetrics) {
    out.add(Element("div")
                .set("class", "card unclear")
                .add(text_element("h3", metric.title))
                .add(text_element("p", metric.format(metric.value(run)), "big"))
                .add(text_element("p", metric.meaning, "verdict")));
  }
  return out;
}

Element memory_over_time(const Measurement& run) {
  const std::vector<TimelineSeries> series{{"cenote", series_class(1), &run, {}}};
  return section("Resident memory over time", "All processes of the command together, sampled every 10 ms.")
      .add(Element("figure").add(Element("div").set("class", "scroll wide").add(timeline_chart(series))));
}

std::string reproduce(const RunOptions& options) {
  std::vector<std::string> words{"cenote", "run", "--report", options.report_folder, "--"};
  words.insert(words.end(), options.command.begin(), options.command.end());
  return reproduction(words);
}

}  // namespace

std::string run_page(const RunPage& page) {
  const std::string command = shell_quote(page.options.command);
  const std::string facts = fmt::format("{}, {} process{} seen", page.exit.description(),
                                        page.run.processes_seen, page.run.processes_seen == 1 ? "" : "es");
  Element content("article");
  content.add(page_header("cenote run", command, facts))
      .add(cards(page.run))
      .add(memory_over_time(page.run))
      .add(sizes_section(page.sizes, page.library))
      .add(method_section(reproduce(page.options), {{"Replacement", page.library}},
                          {"Counting the sizes slows the program a little: for times, use cenote compare."}));
  return html_page("cenote run: " + command, content);
}

}  // namespace cenote::cli
