/// How much memory the system lets this process have.
#pragma once

#include <cstddef>

namespace cenote::os {

/// The least of the machine's memory and what the process's control group, and those above it, allow; 0 where the system does not say. What
/// others in the same group use is theirs. Reads a few small files; allocates nothing.
std::size_t memory_limit() noexcept;

}  // namespace cenote::os
