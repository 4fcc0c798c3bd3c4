/// A comparison for a terminal.
#pragma once

#include <string>

#include "../measure/comparison.hpp"

namespace cenote::cli {

/// The command, medians with their ratios to the system's, and what the numbers mean.
std::string comparison_table(const Comparison& comparison);

}  // namespace cenote::cli
