#include "run_page.hpp"

#include <fmt/format.h>

#include "../measure/metrics.hpp"
#include "../text/quoting.hpp"
#include "breakdown_section.hpp"
#include "memory_section.hpp"
#include "method_section.hpp"
#include "page.hpp"
#include "sizes_section.hpp"
#include "svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kTimelineLead = "All processes of the command together, sampled every 10 ms.";

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
      .add(memory_section({{"cenote", series_class(1), &page.run, {}}}, kTimelineLead))
      .add(breakdown_section(page.breakdown))
      .add(sizes_section(page.sizes, page.library))
      .add(method_section(reproduce(page.options), {{"Replacement", page.library}},
                          {"Counting the sizes slows the program a little: for times, use cenote compare."}));
  return html_page("cenote run: " + command, content);
}

}  // namespace cenote::cli
