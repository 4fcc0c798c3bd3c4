/// The version of the headers, as macros, and of the linked library.
///
///     #if CENOTE_VERSION_MAJOR == 0 && CENOTE_VERSION_MINOR < 2
///     if (std::strcmp(cenote::version(), CENOTE_VERSION_STRING) != 0) ...   // headers and library differ
#pragma once

#include <cenote/detail/cxx20.hpp>
#include <cenote/detail/version_numbers.h>

namespace cenote {

/// The version of the linked library, "MAJOR.MINOR.PATCH". Static storage. Threads: any.
const char* version() noexcept;

}  // namespace cenote
