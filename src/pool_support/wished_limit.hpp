/// Limits of names that the user wants without a change to the program: CENOTE_OPTIONS="limit.parser=64MiB:limit_action=report".
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/limit.hpp>

namespace cenote {

struct WishedLimit {
  std::size_t bytes = 0;  // 0: none
  LimitAction action = LimitAction::refuse;
};

/// What `options`, a text like the above or null, wants for heaps of that name. A value that is no size is one line on stderr, and no limit.
WishedLimit wished_limit(const char* options, std::string_view name) noexcept;

}  // namespace cenote
