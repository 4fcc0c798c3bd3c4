/// Whether memory is scarce for this process: heaps without a limit are refused nothing, but near to what the system lets the process have, free
/// memory goes back before more is asked for.
#pragma once

#include <cstddef>

namespace cenote::headroom {

/// Whether `held` bytes with users and `dirty` free ones that still have pages are more than 7/8 of what the system lets the process have. Few
/// of either are never too many: then nothing is asked. The system is asked once.
bool is_scarce(std::size_t held, std::size_t dirty) noexcept;

/// From now on the system is taken to let the process have so many bytes; 0: ask it again. For tests.
void assume_limit(std::size_t bytes) noexcept;

}  // namespace cenote::headroom
