#include <gtest/gtest.h>

#include "os/thread.hpp"
#include "support/in_child.hpp"

namespace cenote::os {
namespace {

TEST(ProcessFenceFork, TheChildHasItToo) {
  if (!process_fence_available()) GTEST_SKIP() << "the kernel has no private expedited membarrier";
  EXPECT_EQ(test::in_child([] {
              if (!process_fence_available()) return 1;
              process_fence();
              return 0;
            }),
            0);
}

}  // namespace
}  // namespace cenote::os
