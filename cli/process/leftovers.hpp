/// What a program leaves running when it ends.
#pragma once

#include <sys/types.h>

namespace cenote::cli {

/// Which of them are ended.
enum class Leftovers {
  keep,         // none: they are the program's business
  end_session,  // those of our session: a daemon that took a session of its own meant to stay
  end_all
};

/// Sends `signal` to every process below this one.
void signal_descendants(int signal) noexcept;

/// Ends the chosen processes below this one: SIGTERM, and SIGKILL for what is left after half a second. Reaps
/// them.
void end_leftovers(Leftovers which) noexcept;

}  // namespace cenote::cli
