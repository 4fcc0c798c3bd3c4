#include "terminal_check.hpp"

#define NCURSES_NOMACROS 1
#include <ncurses.h>
#include <term.h>
#include <unistd.h>

#include <cstdlib>

#include <fmt/format.h>

#include "../failure.hpp"

namespace cenote::cli {

void need_terminal() {
  constexpr const char* kInstead = "`cenote stats PID` prints the same once";
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0)
    throw Failure(fmt::format("cenote top needs a terminal; {}", kInstead));
  const char* const name = std::getenv("TERM");
  int problem = 0;
  const bool is_known = name != nullptr && ::setupterm(name, STDOUT_FILENO, &problem) == OK;
  if (!is_known || ::tigetstr("cup") == nullptr)
    throw Failure(fmt::format("cenote top needs a terminal that can move its cursor, and TERM is '{}'; {}",
                              name == nullptr ? "" : name, kInstead));
}

}  // namespace cenote::cli
