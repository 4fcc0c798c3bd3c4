#include "rewound_input.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace cenote::cli {

RewoundInput::RewoundInput() noexcept
    : start_(::isatty(STDIN_FILENO) == 1 ? -1 : ::lseek(STDIN_FILENO, 0, SEEK_CUR)) {
  if (start_ < 0) nothing_ = FileDescriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

void RewoundInput::rewind() const noexcept {
  if (start_ >= 0) ::lseek(STDIN_FILENO, start_, SEEK_SET);
}

}  // namespace cenote::cli
