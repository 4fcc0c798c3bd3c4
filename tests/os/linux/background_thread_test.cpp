#include <signal.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

std::atomic<int> g_signals_open{-1};

TEST(BackgroundThread, RunsWithAllSignalsBlockedAndLeavesTheCallersMaskAlone) {
  sigset_t before{}, after{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ASSERT_TRUE(start_background_thread(
      []() noexcept {
        sigset_t mask{};
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        int open = 0;
        for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGALRM, SIGCHLD, SIGPROF})
          open += ::sigismember(&mask, signal) == 0;
        g_signals_open = open;
      },
      "test"));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
  for (int i = 0; i < 1000 && g_signals_open < 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_EQ(g_signals_open, 0);
}

}  // namespace
}  // namespace cenote::os
