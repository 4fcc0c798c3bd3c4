/// What the system tells everybody about a process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cenote::cli {

struct ProcessFacts {
  pid_t id = 0;
  uid_t user = 0;
  std::string command{};  // as `ps -o comm` shows it
  char state = '?';       // 'R', 'S', 'T', ... 'Z': it has ended, and its parent has not asked for its status
  // in ticks since the system started: two processes of one number differ in it
  std::uint64_t start_time = 0;
  double cpu_seconds = 0;
  bool is_of_kernel = false;  // a thread of the kernel's, without memory of its own

  bool has_ended() const noexcept { return state == 'Z' || state == 'X'; }
};

/// None when there is no such process.
std::optional<ProcessFacts> facts_of(pid_t process);

/// The name of a user, or the number where it has none.
std::string user_name(uid_t user);

}  // namespace cenote::cli
