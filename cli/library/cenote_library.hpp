/// Where the replacement lies.
#pragma once

#include <string>

namespace cenote::cli {

/// $CENOTE_MALLOC_LIBRARY, else ../lib/libcenote-malloc.so of this executable: the same in an installation
/// and in a build tree. Throws Failure when it is not there.
std::string cenote_library();

}  // namespace cenote::cli
