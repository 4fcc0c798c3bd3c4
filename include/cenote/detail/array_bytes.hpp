/// The size of an array, as the standard's allocators count it.
#pragma once

#include <cstddef>
#include <limits>
#include <new>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/alloc_failure.hpp>

namespace cenote::detail {

/// Throws what the standard asks for; where exceptions are switched off, lets the library end the program.
[[noreturn]] inline void throw_array_too_long() {
#if defined(__cpp_exceptions)
  throw std::bad_array_new_length{};
#else
  throw_alloc_failure(AllocError::too_large);
#endif
}

/// Bytes of `n` objects of `object_bytes` each. Throws std::bad_array_new_length when they cannot be counted.
inline std::size_t array_bytes(std::size_t n, std::size_t object_bytes) {
  if (n > std::numeric_limits<std::size_t>::max() / object_bytes) throw_array_too_long();
  return n * object_bytes;
}

}  // namespace cenote::detail
