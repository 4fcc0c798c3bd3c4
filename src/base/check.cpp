#include <cstdio>
#include <cstdlib>

#include <cenote/base/check.hpp>

namespace cenote {

void check_failed(const char* file, int line, const char* condition, const char* message) noexcept {
  std::fprintf(stderr, "cenote: %s:%d: %s (%s)\n", file, line, message, condition);
  std::abort();
}

}  // namespace cenote
