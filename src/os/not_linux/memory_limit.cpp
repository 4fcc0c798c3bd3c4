#include "os/memory_pressure.hpp"

namespace cenote::os {

std::size_t memory_limit() noexcept { return 0; }

}  // namespace cenote::os
