#include "statistics.hpp"

#include <algorithm>
#include <limits>

namespace cenote::cli {

double median(std::vector<double> values) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::ranges::sort(values);
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

Spread spread_of(const std::vector<double>& values) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  if (values.empty()) return {kNone, kNone, kNone};
  const auto [least, largest] = std::ranges::minmax(values);
  return {least, median(values), largest};
}

std::vector<double> paired_ratios(const std::vector<double>& values, const std::vector<double>& bases) {
  std::vector<double> ratios;
  for (std::size_t round = 0; round < values.size(); ++round) {
    if (bases[round] != 0) {
      ratios.push_back(values[round] / bases[round]);
    } else if (values[round] == 0) {
      ratios.push_back(1);
    }
  }
  return ratios;
}

}  // namespace cenote::cli
