/// Where the code of a process lies, and which files its functions' names are in.
#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "os/modules.hpp"

namespace cenote::cli {

/// As os::list_modules of the process itself. Paths are ones by which this process can open the files; that
/// of a file that is gone or replaced ends with " (deleted)", so that no wrong names are read from another.
/// None when the system refuses; errno says why.
std::optional<std::vector<os::Module>> code_of(pid_t process);

}  // namespace cenote::cli
