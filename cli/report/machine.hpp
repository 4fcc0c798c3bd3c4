/// What the measurements were taken on.
#pragma once

#include <string>
#include <vector>

namespace cenote::cli {

/// One line of the page's facts.
struct Fact {
  std::string name;
  std::string value;
};

/// Processor, memory, system, C library, working folder, date, and version of cenote.
std::vector<Fact> machine_facts();

}  // namespace cenote::cli
