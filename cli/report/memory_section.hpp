/// The part of a page that shows resident memory over time.
#pragma once

#include <string_view>
#include <vector>

#include "charts/timeline_chart.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// A picture of the runs, behind the sentence `lead` and, of several series, a legend; a sentence alone when
/// all runs ended before they were sampled.
Element memory_section(const std::vector<TimelineSeries>& series, std::string_view lead);

}  // namespace cenote::cli
