#include "base/print_error.hpp"

#include "os/linux/raw_calls.hpp"
#include "os/linux/small_file.hpp"

namespace cenote {

void print_error(std::string_view text) noexcept {
  const os::KeepErrno keep;
  os::raw::write_all(STDERR_FILENO, std::as_bytes(std::span{text}));
}

}  // namespace cenote
