#include "exit_status.hpp"

#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {

bool ExitStatus::is_signalled() const noexcept { return WIFSIGNALED(wait_status_); }

int ExitStatus::code() const noexcept {
  return WIFSIGNALED(wait_status_) ? kExitSignalled + WTERMSIG(wait_status_) : WEXITSTATUS(wait_status_);
}

std::string ExitStatus::description() const {
  if (!WIFSIGNALED(wait_status_)) return fmt::format("exit status {}", WEXITSTATUS(wait_status_));
  const int signal = WTERMSIG(wait_status_);
  return fmt::format("killed by signal {} ({})", signal, ::strsignal(signal));
}

}  // namespace cenote::cli
