/// A heap profile as a page that needs no other file and no network: a flame graph with its table, and the
/// scripts that move them.
#pragma once

#include <string>
#include <string_view>

#include "../profile/heap_samples.hpp"

namespace cenote::cli {

/// A whole HTML document; `name` is what the profile is called in it.
std::string flame_page(const HeapSamples& profile, std::string_view name);

}  // namespace cenote::cli
