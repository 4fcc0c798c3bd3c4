#include <array>
#include <cstddef>
#include <cstdio>

#include <cenote/result.hpp>

namespace cenote {
namespace {

constexpr std::array kNames{"unknown",     "zero_size",     "too_large",     "bad_alignment",
                            "exhausted",   "limit_reached", "out_of_memory", "foreign_block",
                            "double_free", "size_mismatch", "bad_option",    "unsupported"};

}  // namespace

const char* to_string(AllocError error) noexcept {
  const auto index = static_cast<std::size_t>(error);
  return kNames[index < kNames.size() ? index : 0];
}

AllocFailure::AllocFailure(AllocError error) noexcept : error_{error} {
  std::snprintf(text_, sizeof text_, "%s", to_string(error));
}

AllocFailure::AllocFailure(const char* option, const char* problem) noexcept
    : error_{AllocError::bad_option} {
  std::snprintf(text_, sizeof text_, "%s: %s %s", to_string(error_), option, problem);
}

void throw_alloc_failure(AllocError error) { throw AllocFailure{error}; }

}  // namespace cenote
