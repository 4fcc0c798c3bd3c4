/// A comparison for machines.
#pragma once

#include <string>

#include "../measure/comparison.hpp"

namespace cenote::cli {

/// {"command": [...], "runs": N, "allocators": {NAME: {FIELD: {"min", "median", "max"}}}, "ratios": {NAME:
/// {METRIC: x}}} A ratio that does not exist (the system's value is 0) is null.
std::string comparison_json(const Comparison& comparison);

}  // namespace cenote::cli
