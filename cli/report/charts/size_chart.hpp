/// The sizes that a program asked for.
#pragma once

#include "../../sizes/size_counts.hpp"
#include "../markup.hpp"

namespace cenote::cli {

/// Bars of the number of requests by size; lines mark the sizes below which half and 99 % of them lie.
Element size_calls_chart(const SizeCounts& sizes);

/// Bars of the bytes asked for, about: calls times the middle of each bucket.
Element size_bytes_chart(const SizeCounts& sizes);

}  // namespace cenote::cli
