/// From the words of the command line to options.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace cenote::cli {

/// The options in `words` (the command line without the program's own name). Everything after the first `--`
/// is CMD. Throws Failure with kExitUsage for anything that makes no sense.
Options parse_options(const std::vector<std::string>& words);

}  // namespace cenote::cli
