/// The unit in which a memory of WebAssembly grows.
#pragma once

#include <cstddef>

namespace cenote::os {

inline constexpr std::size_t kPageBytes = std::size_t{64} * 1024;

}  // namespace cenote::os
