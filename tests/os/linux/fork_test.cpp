/// Which locks a fork takes, and what becomes of them.
#include <pthread.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/fork.hpp>

#include "support/in_child.hpp"
#include "support/waiting.hpp"

namespace cenote::os {
namespace {

using cenote::test::in_child;
using cenote::test::Latch;

// Called between the copy's locks and the copy: registered before the library's handlers, and so called after
// them.
std::atomic<void (*)()> g_amid_fork{nullptr};

[[gnu::constructor(101)]] void register_first() {
  ::pthread_atfork(
      [] {
        if (auto* const body = g_amid_fork.exchange(nullptr)) body();
      },
      nullptr, nullptr);
}

/// Beside a thread that lives all the time: with one thread a fork takes no locks.
class ForkHoldTest : public cenote::test::ForkAmidThreads {
 protected:
  ~ForkHoldTest() override {
    may_end_.count_down();
    other_.join();
  }

 private:
  Latch may_end_{1};
  std::thread other_{[this] { may_end_.wait(); }};
};

constinit Lock g_lock{LockRank::fixed_pool};
constinit std::atomic<bool> g_was_free{true};

void note_whether_free() {
  g_was_free = g_lock.try_lock();
  if (g_was_free) g_lock.unlock();
}

TEST_F(ForkHoldTest, AForkHoldsTheLockWhileItCopies) {
  const ScopedForkHold hold{g_lock};
  g_amid_fork = &note_whether_free;
  EXPECT_EQ(in_child([] { return g_lock.try_lock() ? 0 : 1; }), 0);
  EXPECT_FALSE(g_was_free);
  EXPECT_TRUE(g_lock.try_lock());
  g_lock.unlock();
}

TEST_F(ForkHoldTest, AForkLeavesALockAloneOnceItIsWithdrawn) {
  { const ScopedForkHold hold{g_lock}; }
  g_amid_fork = &note_whether_free;
  EXPECT_EQ(in_child([] { return 0; }), 0);
  EXPECT_TRUE(g_was_free);
}

TEST_F(ForkHoldTest, AForkWaitsForTheHolderSoThatTheChildFindsTheLockFree) {
  Lock lock{LockRank::fixed_pool};
  const ScopedForkHold hold{lock};
  std::atomic<bool> stop{false}, is_whole{true};
  std::thread holder{[&] {
    while (!stop) {
      const LockGuard guard{lock};
      is_whole = false;
      std::this_thread::yield();
      is_whole = true;
    }
  }};
  for (int i = 0; i < 50; ++i) ASSERT_EQ(in_child([&] { return is_whole && lock.try_lock() ? 0 : 1; }), 0);
  stop = true;
  holder.join();
}

constinit std::array<Lock, 3> g_array{Lock{LockRank::buddy_shelf}, Lock{LockRank::buddy_shelf},
                                      Lock{LockRank::buddy_shelf}};
std::atomic<int> g_free_ones{0};

TEST_F(ForkHoldTest, AForkHoldsEachLockOfAnArray) {
  ForkHold hold{g_array[0], 3, sizeof(Lock)};
  hold.enlist();
  g_amid_fork = [] {
    for (Lock& lock : g_array) g_free_ones += lock.try_lock() ? 1 : 0;
  };
  EXPECT_EQ(in_child([] {
              int free_ones = 0;
              for (Lock& lock : g_array) free_ones += lock.try_lock() ? 1 : 0;
              return free_ones;
            }),
            3);
  EXPECT_EQ(g_free_ones, 0);
  hold.withdraw();
}

// As long as the fork waits for `slow`, which has a higher rank, the lock of the lower rank is taken for it
// as soon as it is enlisted.
TEST_F(ForkHoldTest, ALockThatIsEnlistedBehindTheForksBackIsHeldFromTheBeginning) {
  Lock slow{LockRank::pass_through};
  const ScopedForkHold slow_hold{slow};
  Lock first{LockRank::fixed_pool};
  const ScopedForkHold first_hold{first};
  Latch has_slow{1}, is_done{1};
  std::atomic<bool> was_held{false};
  std::thread other{[&] {
    slow.lock();
    has_slow.count_down();
    while (first.try_lock()) {  // until the fork has it
      first.unlock();
      std::this_thread::yield();
    }
    Lock late{LockRank::fixed_pool};
    ForkHold late_hold{late};
    late_hold.enlist();
    was_held = !late.try_lock();
    slow.unlock();
    late_hold.withdraw();  // waits for the end of the fork
    EXPECT_TRUE(late.try_lock());
    late.unlock();
  }};
  has_slow.wait();
  EXPECT_EQ(in_child([] { return 0; }), 0);
  other.join();
  EXPECT_TRUE(was_held);
}

TEST_F(ForkHoldTest, TwoThreadsMayForkAtTheSameTime) {
  Lock lock{LockRank::fixed_pool};
  const ScopedForkHold hold{lock};
  std::array<int, 2> results{-1, -1};
  const auto fork_often = [&](int& result) {
    result = 0;
    for (int i = 0; i < 20 && result == 0; ++i) result = in_child([&] { return lock.try_lock() ? 0 : 1; });
  };
  std::thread other{[&] { fork_often(results[0]); }};
  fork_often(results[1]);
  other.join();
  EXPECT_EQ(results, (std::array<int, 2>{0, 0}));
}

TEST_F(ForkHoldTest, AForkLeavesTheMaskOfSignalsAsItWas) {
  sigset_t before, now;
  sigemptyset(&before);
  sigaddset(&before, SIGUSR2);
  ::pthread_sigmask(SIG_BLOCK, &before, nullptr);
  const auto is_as_before = [&] {
    ::pthread_sigmask(SIG_BLOCK, nullptr, &now);
    return sigismember(&now, SIGUSR2) == 1 && sigismember(&now, SIGUSR1) == 0 &&
           sigismember(&now, SIGTERM) == 0;
  };
  EXPECT_EQ(in_child([&] { return is_as_before() ? 0 : 1; }), 0);
  EXPECT_TRUE(is_as_before());
  ::pthread_sigmask(SIG_UNBLOCK, &before, nullptr);
}

int g_repairs = 0;
constinit ForkRepair g_repair{[]() noexcept { ++g_repairs; }};

TEST_F(ForkHoldTest, ARepairRunsOnceInTheChildAndNotInTheParent) {
  repair_after_forks(g_repair);
  EXPECT_EQ(in_child([] { return g_repairs; }), 1);
  EXPECT_EQ(g_repairs, 0);
}

}  // namespace
}  // namespace cenote::os
