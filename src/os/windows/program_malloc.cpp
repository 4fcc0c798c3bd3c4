#include <malloc.h>

#include <algorithm>
#include <cstddef>

#include "os/process.hpp"

namespace cenote::os {

// free() takes no block of _aligned_malloc, and a block does not show where it came from: so all come from
// there. It asks malloc.
void* program_malloc(std::size_t bytes, std::size_t alignment) noexcept {
  return ::_aligned_malloc(bytes, std::max(alignment, alignof(std::max_align_t)));
}

void program_free(void* block) noexcept { ::_aligned_free(block); }

}  // namespace cenote::os
