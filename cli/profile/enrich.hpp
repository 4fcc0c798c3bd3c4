/// Adds to a profile what the replacement, which depends on nothing, cannot find out: files, lines, and the
/// functions that are inlined.
///
/// A profile is copied field by field. Locations that have debug information get new lines, functions and
/// strings behind those that there are; everything else stays as it was, the names from symbol tables too.
#pragma once

#include <string>
#include <string_view>

namespace cenote::cli {

class Symbolizer;

/// `profile` in pprof's format, with lines for those locations that have none and whose file is here, the
/// same as was loaded.
///
/// Errors      what is no profile comes back as it is.
/// Complexity  O(profile + debug information of the units that addresses are in).
std::string enriched(std::string profile, Symbolizer& symbolizer);

/// `profile` in pprof's format with one more comment. Throws protozero::exception for what is none.
std::string with_comment(std::string profile, std::string_view comment);

}  // namespace cenote::cli
