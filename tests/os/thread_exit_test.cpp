#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

thread_local constinit int t_written = 0;
std::atomic<int> g_calls{0}, g_read{0};

void on_exit() noexcept {
  g_calls.fetch_add(1);
  g_read = t_written;
}

/// Installed once: there are few slots, and no way back.
class ThreadExitTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(ThreadExit::install(&on_exit)); }
  void SetUp() override {
    g_calls = 0;
    g_read = -1;
  }
};

TEST_F(ThreadExitTest, CallsBackWhenAThreadThatArmedEnds) {
  std::thread{[] { ThreadExit::arm(); }}.join();
  EXPECT_EQ(g_calls, 1);
}

TEST_F(ThreadExitTest, SaysNothingOfAThreadThatDidNot) {
  std::thread{[] {}}.join();
  EXPECT_EQ(g_calls, 0);
}

TEST_F(ThreadExitTest, CallsBackOnceForAThreadThatArmedTwice) {
  std::thread{[] {
    ThreadExit::arm();
    ThreadExit::arm();
  }}.join();
  EXPECT_EQ(g_calls, 1);
}

TEST_F(ThreadExitTest, TheCallbackFindsTheThreadsVariablesAsTheyWere) {
  for (const bool arm_first : {false, true}) {
    std::thread{[&] {
      if (arm_first) ThreadExit::arm();
      t_written = 42;
      if (!arm_first) ThreadExit::arm();
    }}.join();
    EXPECT_EQ(g_read, 42) << arm_first;
  }
}

TEST_F(ThreadExitTest, AThreadOfTheLibrarysOwnEndsLikeAnyOther) {
  ASSERT_TRUE(start_background_thread(
      []() noexcept {
        t_written = 17;
        ThreadExit::arm();
      },
      "test"));
  for (int i = 0; i < 5000 && g_calls == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_EQ(g_read, 17);
}

}  // namespace
}  // namespace cenote::os
