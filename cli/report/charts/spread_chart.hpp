/// One metric of all allocators, with the spread of its runs.
#pragma once

#include "../../measure/comparison.hpp"
#include "../markup.hpp"

namespace cenote::cli {

/// A row per allocator from 0:
///
///     system  ▒▒▒▒▒▒▒▒▒▒▒▒·|·   4.77 s
///     cenote  ▒▒▒▒▒▒▒▒▒▒·|··    4.10 s  0.86×
///
/// the bar reaches to the median, which is the bold tick; each run is a dot; the line spans least to largest.
Element spread_chart(const Comparison& comparison, const Metric& metric);

}  // namespace cenote::cli
