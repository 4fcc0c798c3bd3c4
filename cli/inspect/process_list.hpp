/// Which of this user's processes carry cenote.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "process_facts.hpp"

namespace cenote::cli {

/// A process that RemoteProcess can look at.
struct CenoteProcess {
  ProcessFacts facts{};
  std::string command_line{};
};

struct ProcessList {
  std::vector<CenoteProcess> processes{};  // by their numbers, without this one
  std::size_t refused = 0;                 // processes of this user that the system does not let it read
};

/// With its arguments; empty when there is no such process.
std::string command_line_of(pid_t process);

/// Complexity  O(processes), a few system calls for each module; a library that many have mapped is looked at
///             once.
ProcessList cenote_processes();

}  // namespace cenote::cli
