#include "os/biased_lock.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "support/blocked_thread.hpp"

namespace cenote::test {
namespace {

using os::BiasedGuard;
using os::BiasedLock;

TEST(BiasedLock, IsNotSeizedWhileItsOwnerHoldsIt) {
  BiasedLock lock;
  const BiasedGuard guard{lock};
  bool seized = true;
  std::thread{[&] { seized = lock.try_seize(); }}.join();
  EXPECT_FALSE(seized);
}

TEST(BiasedLock, IsSeizedWhenItIsFree) {
  if (!os::process_fence_available()) GTEST_SKIP() << "no fence on all threads here";
  BiasedLock lock;
  { const BiasedGuard guard{lock}; }
  ASSERT_TRUE(lock.try_seize());
  test::BlockedThread owner{[&] { const BiasedGuard guard{lock}; }};
  owner.await_sleep();
  EXPECT_FALSE(owner.is_done());
  lock.let_go();
  owner.join();
}

TEST(BiasedLock, LetsOneAtATimeIn) {
  if (!os::process_fence_available()) GTEST_SKIP() << "no fence on all threads here";
  BiasedLock lock;
  long plain = 0;  // the lock is all that guards it
  std::atomic<bool> stop{false};
  long seizures = 0;
  std::thread owner{[&] {
    while (!stop.load(std::memory_order_relaxed)) {
      const BiasedGuard guard{lock};
      ++plain;
    }
  }};
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{300};
  long before = -1;
  while (std::chrono::steady_clock::now() < end) {
    if (!lock.try_seize()) continue;
    EXPECT_GE(plain, before);
    before = plain;
    for (int i = 0; i < 100; ++i) ASSERT_EQ(plain, before);
    ++plain;
    ++seizures;
    lock.let_go();
  }
  stop = true;
  owner.join();
  EXPECT_GT(seizures, 0);
}

}  // namespace
}  // namespace cenote::test
