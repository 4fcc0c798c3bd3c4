/// The part of a page that says why memory was resident.
#pragma once

#include <optional>

#include "../inspect/peak_breakdown.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// A bar of the reasons with their table, and a table of the pools.
Element breakdown_section(const std::optional<Breakdown>& breakdown);

}  // namespace cenote::cli
