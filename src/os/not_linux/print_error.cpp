#include "base/print_error.hpp"

#include <cerrno>
#include <cstdio>

namespace cenote {

void print_error(std::string_view text) noexcept {
  const int saved = errno;
  std::fwrite(text.data(), 1, text.size(), stderr);
  errno = saved;
}

}  // namespace cenote
