/// Files that may be compressed.
#pragma once

#include <string>
#include <string_view>

namespace cenote::cli {

/// Whether `bytes` begin as gzip's do.
bool is_gzip(std::string_view bytes) noexcept;

/// What was compressed, members one behind another as one.
///
/// Errors  throws Failure: damaged, cut short, or more than 4 GiB.
std::string gunzip(std::string_view bytes);

}  // namespace cenote::cli
