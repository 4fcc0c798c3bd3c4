/// One run as a page.
#pragma once

#include <optional>
#include <string>

#include "../inspect/peak_breakdown.hpp"
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
  const std::optional<Breakdown>& breakdown;
};

/// A whole HTML document: what the run took, memory over time, why it was resident, sizes, and how to have
/// them again.
std::string run_page(const RunPage& page);

}  // namespace cenote::cli
