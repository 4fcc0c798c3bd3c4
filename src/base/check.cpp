#include <cenote/base/check.hpp>
#include <cstdio>
#include <cstdlib>

namespace cenote {

void check_failed(const char* file, int line, const char* condition, const char* message) noexcept {
  std::fprintf(stderr, "cenote: %s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace cenote
