/// malloc's own profile, as CENOTE_OPTIONS asks for it: begun with the first block, written when the process ends or a signal comes.
#pragma once

#include "malloc/options.hpp"

namespace cenote::profiling {

/// Begins, when the options want a profile or a list of leaks. Called once, with the options in force from then on.
void start(const shim::Options& options) noexcept;

}  // namespace cenote::profiling
