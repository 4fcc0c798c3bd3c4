/// How a page's numbers came about, so that they can be had again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machine.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// `words` as a line for a shell, behind the settings of cenote that the environment holds.
std::string reproduction(const std::vector<std::string>& words);

/// The command to repeat it, the machine, and `facts` before that; `notes` say how to read the numbers.
Element method_section(std::string_view reproduce, const std::vector<Fact>& facts,
                       const std::vector<std::string>& notes);

}  // namespace cenote::cli
