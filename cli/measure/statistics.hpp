/// What several runs say together.
#pragma once

#include <vector>

namespace cenote::cli {

struct Spread {
  double min = 0;
  double median = 0;
  double max = 0;
};

/// The middle value, or the mean of the middle two; NaN of nothing.
double median(std::vector<double> values);

/// Least, middle and largest value; NaN of nothing.
Spread spread_of(const std::vector<double>& values);

/// The ratios value / base of each round, in order. A round where both are 0 has ratio 1; one where only the
/// base is 0 has none and is left out. Precondition: as many values as bases.
std::vector<double> paired_ratios(const std::vector<double>& values, const std::vector<double>& bases);

}  // namespace cenote::cli
