/// The largest alignment that slab allocators and arenas serve; heaps serve larger ones (heap.hpp).
#pragma once

#include <cstddef>

namespace cenote {

/// 1 GiB; 16 MiB where addresses have 32 bits, since to align a block takes as many of them.
inline constexpr std::size_t kServedAlignmentMax = std::size_t{1} << (sizeof(std::size_t) == 8 ? 30 : 24);

}  // namespace cenote
