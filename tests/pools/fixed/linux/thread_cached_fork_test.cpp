#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pools/fixed/parking.hpp"
#include "support/in_child.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

class ThreadCachedFork : public ForkAmidThreads {};

TEST_F(ThreadCachedFork, TheChildOfAForkHasTheBlocksParkedWithOtherThreads) {
  Pool pool{{.capacity = 400}};
  Latch parked{3}, may_end{1};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      park(pool, 100);
      parked.count_down();
      may_end.wait();
    });
  }
  parked.wait();
  const int had = in_child([&] {
    int blocks = 0;
    while (pool.try_allocate()) ++blocks;
    return blocks == 400 ? 0 : 1;
  });
  EXPECT_EQ(had, 0);
  may_end.count_down();
  for (std::thread& thread : threads) thread.join();
  expect_whole(pool, 400);
}

TEST_F(ThreadCachedFork, AForkAmidTheWorkOfOthersLeavesTheChildAWorkingPool) {
  constexpr int kThreads = 3, kHeld = 4;
  Pool pool{{.capacity = 100}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        std::array<std::uint64_t*, kHeld> blocks{};
        for (std::uint64_t*& block : blocks) block = pool.allocate();
        for (std::uint64_t* const block : blocks) pool.deallocate(block);
      }
    });
  }
  for (int round = 0; round < 30; ++round) {
    const int result = in_child([&] {
      int blocks = 0;
      while (pool.try_allocate()) ++blocks;
      if (blocks < 100 - kThreads * kHeld || blocks > 100) return 1;
      Pool fresh{{.capacity = 50}};  // a pool of the child's own
      park(fresh, 50);
      return fresh.in_use() == 0 ? 0 : 2;
    });
    ASSERT_EQ(result, 0) << round;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  expect_whole(pool, 100);
}

}  // namespace
}  // namespace cenote::test
