#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cenote/os/process_fence.hpp>

namespace cenote::os {
namespace {

TEST(ProcessFenceFork, TheChildHasItToo) {
  if (!process_fence_available()) GTEST_SKIP() << "the kernel has no private expedited membarrier";
  const pid_t child = ::fork();
  if (child == 0) {
    if (!process_fence_available()) ::_exit(1);
    process_fence();
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace cenote::os
