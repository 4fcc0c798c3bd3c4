/// One run as a page.
#pragma once

#include <optional>
#include <string>

#include "../measure/measurement.hpp"
#include "../options/options.hpp"
#include "../sizes/size_counts.hpp"

namespace cenote::cli {

struct RunPage {
  const RunOptions& options;
  const std::string& library;
  const Measurement& run;
  const ExitStatus& exit;
  const std::optional<SizeCounts>& sizes;
};

/// A whole HTML document: what the run took, memory over time, sizes, and how to have them again.
std::string run_page(const RunPage& page);

}  // namespace cenote::cli
