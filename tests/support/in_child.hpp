/// What a copy of the process does: the child of a fork.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include <gtest/gtest.h>

namespace cenote::test {

inline constexpr unsigned kChildSecondsMax = 120;  // it hangs when it takes longer, however slow the machine

/// Runs `body` in a child; its result, or -1 when it did not end by itself within its alarm.
template <class Body>
int in_child(Body body, unsigned seconds_max = kChildSecondsMax) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(seconds_max);
    ::_exit(body());
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

/// For how long a test repeats what goes wrong by chance: CENOTE_FORK_SECONDS, or `otherwise`.
inline std::chrono::seconds fork_test_time(unsigned otherwise) {
  const char* const wanted = std::getenv("CENOTE_FORK_SECONDS");
  return std::chrono::seconds{wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : otherwise};
}

/// Tests whose children go on with what other threads of the parent were at.
class ForkAmidThreads : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "ThreadSanitizer does not follow a fork of a program with threads";
#endif
    if (std::getenv("CENOTE_EMULATED") != nullptr)
      GTEST_SKIP() << "qemu dies in children of programs with threads";
  }
};

}  // namespace cenote::test
