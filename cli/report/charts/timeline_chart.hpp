/// Resident memory over time.
#pragma once

#include <string>
#include <vector>

#include "../../measure/measurement.hpp"
#include "../markup.hpp"

namespace cenote::cli {

/// The runs of one allocator: `typical` is drawn bold, the others faint.
struct TimelineSeries {
  std::string name;
  std::string css_class;
  const Measurement* typical;
  std::vector<const Measurement*> others;
};

/// A line per run, from start to exit; a dot marks each bold line's peak.
Element timeline_chart(const std::vector<TimelineSeries>& series);

}  // namespace cenote::cli
