/// One bar, cut into the reasons why memory is resident.
#pragma once

#include <cstddef>
#include <string>

#include <cenote/stats.hpp>

#include "../markup.hpp"

namespace cenote::cli {

Element breakdown_chart(const stats::Snapshot& snapshot);

/// The class that colours a reason, here and in its table.
std::string reason_class(std::size_t reason);

}  // namespace cenote::cli
