#include <cstddef>
#include <cstdlib>

#include "os/process.hpp"

namespace cenote::os {

void* program_malloc(std::size_t bytes, std::size_t alignment) noexcept {
  if (alignment <= alignof(std::max_align_t)) return std::malloc(bytes);
  void* block = nullptr;
  return ::posix_memalign(&block, alignment, bytes) == 0 ? block : nullptr;
}

void program_free(void* block) noexcept { std::free(block); }

}  // namespace cenote::os
