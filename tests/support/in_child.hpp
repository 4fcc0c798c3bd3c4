/// What a copy of the process does: the child of a fork.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace cenote::test {

/// Runs `body` in a child; its result, or -1 when it did not end by itself within its alarm.
template <class Body>
int in_child(Body body) {
  constexpr unsigned kSecondsMax = 20;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kSecondsMax);
    ::_exit(body());
  }
  int status = -1;
  if (::waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

/// Tests whose children go on with what other threads of the parent were at.
class ForkAmidThreads : public testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "ThreadSanitizer does not follow a fork of a program with threads";
#endif
  }
};

}  // namespace cenote::test
