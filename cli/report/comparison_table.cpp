#include "comparison_table.hpp"

#include <fmt/format.h>

#include "../text/quoting.hpp"
#include "../text/text_table.hpp"

namespace cenote::cli {
namespace {

constexpr std::size_t kCommandColumns = 90;

std::vector<std::string> heading() {
  std::vector<std::string> cells{"allocator"};
  for (const Metric& metric : kMetrics) {
    cells.emplace_back(metric.title);
    cells.emplace_back("ratio");
  }
  return cells;
}

std::vector<std::string> row(const Comparison& comparison, const AllocatorRuns& allocator) {
  std::vector<std::string> cells{allocator.name};
  for (const Metric& metric : kMetrics) {
    cells.push_back(metric.format(spread_of(allocator, metric).median));
    cells.push_back(format_ratio(ratio_of(comparison, allocator, metric).median));
  }
  return cells;
}

}  // namespace

std::string comparison_table(const Comparison& comparison) {
  TextTable table;
  table.add_row(heading());
  table.add_rule();
  for (const AllocatorRuns& allocator : comparison.allocators) table.add_row(row(comparison, allocator));
  const std::string runs = fmt::format("{} run{}", comparison.rounds, comparison.rounds == 1 ? "" : "s");
  return fmt::format(
      "{}\n\n{}\n  medians of {} each, in turn; a ratio is the median of the rounds' ratios to {}\n",
      shorten(printable(shell_quote(comparison.command)), kCommandColumns), table.render(), runs,
      comparison.allocators.front().name);
}

}  // namespace cenote::cli
