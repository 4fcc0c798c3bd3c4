/// A profile for a terminal: who holds most, with call stacks.
#pragma once

#include <string>

#include "heap_samples.hpp"

namespace cenote::cli {

inline constexpr std::size_t kSitesListed = 20;

/// The sites that hold most, a paragraph each, below a line about all of them. Complexity O(samples log
/// samples).
std::string site_list(const HeapSamples& profile);

}  // namespace cenote::cli
