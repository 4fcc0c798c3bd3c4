#include <cstdlib>

#include <cenote/base/check.hpp>

#include "base/print_error.hpp"

namespace cenote {

#if defined(CENOTE_CHECKED)
const char detail::library_is_checked = 1;
#else
const char detail::library_is_unchecked = 1;
#endif

void check_failed(const char* file, int line, const char* condition, const char* message) noexcept {
  print_error_format("cenote: %s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace cenote
