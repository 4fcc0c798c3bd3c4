/// Giving back what can be given back by any thread, for the good of the whole process.
#pragma once

#include <cstddef>

namespace cenote {

/// Purges what is free of all heaps, and asks threads to let go of what they keep, which they do when they next need a slab's blocks.
/// Returns bytes. Any thread that holds no lock.
std::size_t relieve() noexcept;

}  // namespace cenote
