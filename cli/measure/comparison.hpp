/// The measurements of `cenote compare`, and what is asked of them.
#pragma once

#include <string>
#include <vector>

#include "../options/options.hpp"
#include "measurement.hpp"
#include "metrics.hpp"
#include "statistics.hpp"

namespace cenote::cli {

/// One allocator and its counted runs, in order.
struct AllocatorRuns {
  std::string name;
  std::string library;  // "" for the system's
  std::vector<Measurement> runs;
};

struct Comparison {
  Command command;
  int rounds = 0;
  std::vector<AllocatorRuns> allocators;  // the first is the base of all ratios
};

/// The metric's value in each run, in order.
std::vector<double> values_of(const AllocatorRuns& allocator, const Metric& metric);

/// The spread of the metric over the runs.
Spread spread_of(const AllocatorRuns& allocator, const Metric& metric);

/// The spread of the paired ratios to the comparison's first allocator; NaN where there are none.
Spread ratio_of(const Comparison& comparison, const AllocatorRuns& allocator, const Metric& metric);

/// The run with the middle wall time: the one that a picture of a single run shows. Precondition: there are
/// runs.
const Measurement& typical_run(const AllocatorRuns& allocator);

}  // namespace cenote::cli
