#include <cstdio>

#include <cenote/detail/alloc_failure.hpp>

namespace cenote {

AllocFailure::AllocFailure(AllocError error) noexcept : error_{error} {
  std::snprintf(text_, sizeof text_, "%s", to_string(error));
}

AllocFailure::AllocFailure(const char* option, const char* problem) noexcept
    : error_{AllocError::bad_option} {
  std::snprintf(text_, sizeof text_, "%s: %s %s", to_string(error_), option, problem);
}

void throw_alloc_failure(AllocError error) { throw AllocFailure{error}; }

}  // namespace cenote
