/// A block and its size.
#pragma once

#include <cstddef>
#include <span>

namespace cenote {

/// What a pool of blocks hands out: `size()` bytes, uninitialised.
using Block = std::span<std::byte>;

}  // namespace cenote
