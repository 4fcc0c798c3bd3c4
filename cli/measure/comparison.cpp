#include "comparison.hpp"

#include <algorithm>

namespace cenote::cli {

std::vector<double> values_of(const AllocatorRuns& allocator, const Metric& metric) {
  std::vector<double> values;
  values.reserve(allocator.runs.size());
  for (const Measurement& run : allocator.runs) values.push_back(metric.value(run));
  return values;
}

Spread spread_of(const AllocatorRuns& allocator, const Metric& metric) {
  return spread_of(values_of(allocator, metric));
}

Spread ratio_of(const Comparison& comparison, const AllocatorRuns& allocator, const Metric& metric) {
  return spread_of(
      paired_ratios(values_of(allocator, metric), values_of(comparison.allocators.front(), metric)));
}

const Measurement& typical_run(const AllocatorRuns& allocator) {
  std::vector<const Measurement*> runs;
  for (const Measurement& run : allocator.runs) runs.push_back(&run);
  std::ranges::sort(runs, {}, [](const Measurement* run) { return run->wall_s; });
  return *runs[(runs.size() - 1) / 2];
}

}  // namespace cenote::cli
