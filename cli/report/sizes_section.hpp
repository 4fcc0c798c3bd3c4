/// The part of a page that shows the sizes asked for.
#pragma once

#include <optional>
#include <string_view>

#include "../sizes/size_counts.hpp"
#include "markup.hpp"

namespace cenote::cli {

/// Pictures and a table; without sizes a sentence that says why: the library does not record.
Element sizes_section(const std::optional<SizeCounts>& sizes, std::string_view library);

}  // namespace cenote::cli
