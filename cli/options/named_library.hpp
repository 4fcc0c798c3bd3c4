/// Reads `NAME=LIB.so`.
#pragma once

#include <string>
#include <string_view>

#include "options.hpp"

namespace cenote::cli {

/// The library that `text` names.
///
/// Shape   NAME is of letters, digits and `._+-`, and neither `system` nor `cenote`; a LIB that is a file is
///         made absolute, so that it is found from every folder; any other must be a bare name.
/// Errors  throws Failure, which says what is wrong.
NamedLibrary parse_named_library(std::string_view text);

/// A library path as LD_PRELOAD can carry it: absolute, or a bare name. Throws Failure for a missing file,
/// and for one with a space or colon in its path, which separate the entries of LD_PRELOAD.
std::string preloadable_path(const std::string& library);

}  // namespace cenote::cli
