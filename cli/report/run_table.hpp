/// One run for a terminal.
#pragma once

#include <optional>
#include <string>

#include "../measure/measurement.hpp"
#include "../options/options.hpp"
#include "../sizes/size_counts.hpp"

namespace cenote::cli {

/// What the run took, and the sizes that it asked for when they were recorded.
std::string run_table(const Command& command, const Measurement& run, const std::optional<SizeCounts>& sizes);

}  // namespace cenote::cli
