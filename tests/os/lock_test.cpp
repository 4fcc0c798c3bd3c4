#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/lock.hpp>

#include "support/aborts.hpp"

namespace cenote::os {
namespace {

TEST(Lock, AdmitsOneThreadAtATime) {
  Lock lock{LockRank::central_pool};
  long counter = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20'000; ++k) {
        const LockGuard guard{lock};
        ++counter;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 80'000);
}

TEST(Lock, IsFourBytesAndARank) { EXPECT_LE(sizeof(Lock), 8U); }

TEST(Lock, CanBeResetInTheChildOfAFork) {
  Lock lock{LockRank::ready};
  std::thread{[&] { lock.lock_beside_others(); }}.join();
  lock.reset();
  lock.lock();
  lock.unlock();
}

TEST(Lock, NestsInRisingOrder) {
  Lock outer{LockRank::registry}, inner{LockRank::page_heap};
  const LockGuard first{outer};
  const LockGuard second{inner};
}

TEST(LockDeathTest, ABrokenOrderEndsACheckedBuild) {
  if constexpr (!kChecked) GTEST_SKIP() << "ranks are checked in the presets with CENOTE_CHECKED only";
  Lock outer{LockRank::page_heap}, inner{LockRank::registry};
  EXPECT_DEATH(
      {
        const LockGuard first{outer};
        const LockGuard second{inner};
      },
      "");
}

}  // namespace
}  // namespace cenote::os
