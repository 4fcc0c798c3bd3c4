/// The style and the scripts of the page, flame/assets/* and what they share with the live page,
/// page/assets/*, carried in the program.
#pragma once

#include <string_view>

namespace cenote::cli {

std::string_view flame_css() noexcept;

/// All modules as one: a page that is a file cannot import others.
std::string_view flame_script() noexcept;

}  // namespace cenote::cli
