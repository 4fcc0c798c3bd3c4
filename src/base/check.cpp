#include <cstdlib>

#include <cenote/detail/check.hpp>

#include "base/print_error.hpp"

namespace cenote {

void check_failed(const char* file, int line, const char* condition, const char* message) noexcept {
  print_error_format("cenote: %s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace cenote
