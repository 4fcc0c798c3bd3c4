/// Pictures made of characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "frame.hpp"

namespace cenote::cli {

/// A bar of `columns` cells, shared out in proportion to `parts`: for each cell the part it belongs to. A
/// whole of 0 has no cells.
std::vector<std::size_t> share_out(std::span<const std::uint64_t> parts, std::size_t columns);

/// The last `columns` values as heights between the least and the greatest of them; the oldest first.
std::string sparkline(std::span<const double> values, std::size_t columns, const Screen& screen);

}  // namespace cenote::cli
