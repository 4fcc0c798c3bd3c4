#include "comparison_page.hpp"

#include <fmt/format.h>

#include "../text/quoting.hpp"
#include "charts/spread_chart.hpp"
#include "comparison_cards.hpp"
#include "comparison_numbers.hpp"
#include "memory_section.hpp"
#include "method_section.hpp"
#include "page.hpp"
#include "sizes_section.hpp"
#include "svg/marks.hpp"

namespace cenote::cli {
namespace {

constexpr const char* kTimelineLead =
    "All processes of the command together, sampled every 10 ms. Bold: each allocator's run with the middle "
    "wall time; faint: its other runs.";
constexpr const char* kTurnsNote =
    "Each allocator had one run that does not count; then they ran in turn, so that what changes slowly on "
    "the machine meets all of them alike.";
constexpr const char* kKernelNote =
    "CPU time and page faults are the kernel's counts for the command and all processes it waited for.";
constexpr const char* kPeakNote =
    "Peak memory is the larger of two: the kernel's exact peak of the largest single process, and the "
    "largest sampled sum over all processes, in which a page that two processes share counts twice.";
constexpr const char* kRatioNote =
    "A ratio is the median of the rounds' ratios; below 1 is less than under the system's malloc.";
constexpr const char* kSizesNote =
    "The sizes were counted in one run more, under cenote, whose times are not among those shown.";

std::string names_of(const Comparison& comparison) {
  std::string out;
  for (const AllocatorRuns& allocator : comparison.allocators)
    out += (out.empty() ? "" : ", ") + allocator.name;
  return out;
}

std::string plural(int count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

Element spreads(const Comparison& comparison) {
  Element grid = Element("div").set("class", "charts");
  for (const Metric& metric : kMetrics)
    grid.add(figure(metric.title, metric.meaning, spread_chart(comparison, metric)));
  return section("Each run",
                 "A dot is a run, the bold mark the median, the line spans the least and the largest. Ratios "
                 "are to the system's malloc, in pairs of the same round.")
      .add(grid)
      .add(comparison_numbers(comparison));
}

std::vector<TimelineSeries> timelines(const Comparison& comparison) {
  std::vector<TimelineSeries> series;
  for (std::size_t i = 0; i < comparison.allocators.size(); ++i) {
    const AllocatorRuns& allocator = comparison.allocators[i];
    TimelineSeries one{allocator.name, series_class(i), &typical_run(allocator), {}};
    for (const Measurement& run : allocator.runs) {
      if (&run != one.typical) one.others.push_back(&run);
    }
    series.push_back(std::move(one));
  }
  return series;
}

std::string reproduce(const CompareOptions& options) {
  std::vector<std::string> words{"cenote", "compare", "-n", std::to_string(options.rounds)};
  for (const NamedLibrary& other : options.with)
    words.insert(words.end(), {"--with", other.name + "=" + other.library});
  words.insert(words.end(), {"--html", options.html_file, "--"});
  words.insert(words.end(), options.command.begin(), options.command.end());
  return reproduction(words);
}

std::vector<Fact> facts_of(const Comparison& comparison) {
  std::vector<Fact> facts;
  for (const AllocatorRuns& allocator : comparison.allocators) {
    facts.push_back(
        {allocator.name, allocator.library.empty() ? "the C library's malloc" : allocator.library});
  }
  return facts;
}

}  // namespace

std::string comparison_page(const ComparisonPage& page) {
  const Comparison& comparison = page.comparison;
  const std::string command = shell_quote(comparison.command);
  const std::string facts =
      fmt::format("{} of each of {}", plural(comparison.rounds, "run"), names_of(comparison));
  Element content("article");
  content.add(page_header("cenote compare", command, facts))
      .add(comparison_cards(comparison))
      .add(spreads(comparison))
      .add(memory_section(timelines(comparison), kTimelineLead))
      .add(sizes_section(page.sizes, comparison.allocators[1].library))
      .add(method_section(reproduce(page.options), facts_of(comparison),
                          {kTurnsNote, kKernelNote, kPeakNote, kRatioNote, kSizesNote}));
  return html_page("cenote compare: " + command, content);
}

}  // namespace cenote::cli
