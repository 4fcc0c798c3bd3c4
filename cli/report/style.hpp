/// The pages' stylesheet: report/assets/style.css, carried in the program.
#pragma once

#include <string_view>

namespace cenote::cli {

std::string_view style_css() noexcept;

}  // namespace cenote::cli
