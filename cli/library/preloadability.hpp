/// Whether anything can be preloaded into a program at all.
#pragma once

#include <optional>
#include <string>

namespace cenote::cli {

/// Why the dynamic linker would preload nothing into `program` (as found on PATH): it is linked statically,
/// or runs as another user. None when it would, and when that cannot be told: a script, a program that is not
/// there.
std::optional<std::string> why_not_preloadable(const std::string& program);

/// Says so on stderr, in one line, when nothing can be preloaded into `program`.
void warn_if_not_preloadable(const std::string& program);

}  // namespace cenote::cli
