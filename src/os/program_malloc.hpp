/// The program's malloc, whoever provides it. For pass-through mode alone: nothing else below the edges may allocate.
#pragma once

#include <cstddef>

namespace cenote::os {

/// `bytes` at a multiple of `alignment`, a power of two; null when malloc refuses.
void* program_malloc(std::size_t bytes, std::size_t alignment) noexcept;
void program_free(void* block) noexcept;

}  // namespace cenote::os
