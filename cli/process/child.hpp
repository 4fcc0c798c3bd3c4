/// Starts a program.
#pragma once

#include <sys/types.h>

#include "../options/options.hpp"
#include "environment.hpp"

namespace cenote::cli {

/// Everything a program is started with. Descriptors of -1 are inherited.
struct Launch {
  Command command;
  Environment environment;
  int input = -1;   // its stdin
  int output = -1;  // its stdout and stderr
};

/// Starts the program and returns its process id once it runs. Signals that are blocked here are open there.
///
/// Errors  throws Failure with kExitNotFound or kExitNotExecutable when it cannot be run: not found on PATH,
///         no permission, not a program.
pid_t start(const Launch& launch);

}  // namespace cenote::cli
