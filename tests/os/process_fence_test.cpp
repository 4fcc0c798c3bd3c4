#include <atomic>
#include <cerrno>
#include <thread>

#include <gtest/gtest.h>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

class ProcessFence : public testing::Test {
 protected:
  void SetUp() override {
    if (!process_fence_available()) GTEST_SKIP() << "this system has none";
  }
};

TEST_F(ProcessFence, StaysAvailableAndReturns) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(process_fence_available());
    process_fence();
  }
}

TEST_F(ProcessFence, KeepsErrno) {
  errno = 42;
  process_fence();
  EXPECT_EQ(errno, 42);
}

// Dekker: without the fence both sides may miss each other's store, and on x86 soon do.
TEST_F(ProcessFence, OfTwoThreadsThatStoreAndLoadOneSeesTheOther) {
  constexpr int kRounds = 30'000;
  std::atomic<int> started{0}, finished{0};
  std::atomic<int> often{0}, rarely{0};
  int saw_rarely = 0, saw_often = 0, both_missed = 0;
  std::thread owner{[&] {
    for (int round = 1; round <= kRounds; ++round) {
      while (started.load(std::memory_order_acquire) != round) {
      }
      often.store(round, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);
      saw_rarely = rarely.load(std::memory_order_relaxed);
      finished.store(round, std::memory_order_release);
    }
  }};
  for (int round = 1; round <= kRounds; ++round) {
    started.store(round, std::memory_order_release);
    rarely.store(round, std::memory_order_relaxed);
    process_fence();
    saw_often = often.load(std::memory_order_relaxed);
    while (finished.load(std::memory_order_acquire) != round) {
    }
    if (saw_often != round && saw_rarely != round) ++both_missed;
  }
  owner.join();
  EXPECT_EQ(both_missed, 0);
}

}  // namespace
}  // namespace cenote::os
