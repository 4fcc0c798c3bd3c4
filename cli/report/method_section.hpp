/// How a page's numbers came about, so that they can be had again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "machine.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// The command to repeat it, the machine, and `facts` before that; `notes` say how to read the numbers.
Element method_section(std::string_view reproduce, const std::vector<Fact>& facts,
                       const std::vector<std::string>& notes);

}  // namespace cenote::cli
