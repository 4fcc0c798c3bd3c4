/// A comparison as a page.
#pragma once

#include <optional>
#include <string>

#include "../measure/comparison.hpp"
#include "../sizes/size_counts.hpp"

namespace cenote::cli {

struct ComparisonPage {
  const CompareOptions& options;
  const Comparison& comparison;
  const std::optional<SizeCounts>& sizes;
};

/// A whole HTML document: headline numbers, spreads, memory over time, sizes, and how to have them again.
std::string comparison_page(const ComparisonPage& page);

}  // namespace cenote::cli
