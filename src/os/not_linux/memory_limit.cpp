#include "os/memory_limit.hpp"

namespace cenote::os {

std::size_t memory_limit() noexcept { return 0; }

}  // namespace cenote::os
