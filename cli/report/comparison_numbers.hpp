/// All medians, ranges and ratios of a comparison as a table of a page.
#pragma once

#include "../measure/comparison.hpp"
#include "markup.hpp"

namespace cenote::cli {

Element comparison_numbers(const Comparison& comparison);

}  // namespace cenote::cli
