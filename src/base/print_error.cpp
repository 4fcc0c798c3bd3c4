#include "base/print_error.hpp"

#include <cstdarg>
#include <cstdio>

namespace cenote {

void print_error_format(const char* format, ...) noexcept {
  char text[1024];
  std::va_list arguments;
  va_start(arguments, format);
  const int length = std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0) return;
  auto bytes = static_cast<std::size_t>(length);
  if (bytes >= sizeof text) {
    bytes = sizeof text - 1;
    text[bytes - 1] = '\n';
  }
  print_error({text, bytes});
}

}  // namespace cenote
