/// What ends the program early: one line for the user, and an exit status as shells use them.
#pragma once

#include <stdexcept>
#include <string>

namespace cenote::cli {

inline constexpr int kExitUsage = 2;            // bad options, a library that does not load
inline constexpr int kExitNotExecutable = 126;  // CMD is there but cannot be run
inline constexpr int kExitNotFound = 127;       // there is no CMD
inline constexpr int kExitSignalled = 128;      // + the number of the signal that ended CMD

/// Thrown anywhere, caught in main.cpp, which prints `cenote: <what>`.
class Failure : public std::runtime_error {
 public:
  explicit Failure(const std::string& what, int status = kExitUsage)
      : std::runtime_error(what), status_(status) {}
  [[nodiscard]] int status() const noexcept { return status_; }

 private:
  int status_;
};

}  // namespace cenote::cli
