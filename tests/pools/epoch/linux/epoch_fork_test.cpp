/// The child of a fork has no reader but its own thread.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pools/epoch/tracked.hpp"
#include "support/in_child.hpp"

namespace cenote::test {
namespace {

class EpochFork : public ForkAmidThreads {};

TEST_F(EpochFork, ReadersOfTheParentHoldNothingBackInTheChild) {
  FixedPool<int> pool{{.capacity = 100}};
  EpochDomain domain;
  Reader reader{domain};
  for (int i = 0; i < 20; ++i) domain.retire(pool, pool.allocate());
  EXPECT_EQ(domain.collect(), 0U);
  EXPECT_EQ(in_child([&] {
              domain.synchronize();
              return pool.in_use() == 0 && domain.stats().threads == 1 && domain.stats().waiting == 0 ? 0 : 1;
            }),
            0);
  EXPECT_EQ(domain.collect(), 0U);
}

TEST_F(EpochFork, TheForkingThreadsOwnGuardHoldsOn) {
  FixedPool<int> pool{{.capacity = 100}};
  EpochDomain domain;
  auto guard = domain.enter();
  domain.retire(pool, pool.allocate());
  EXPECT_EQ(in_child([&] { return domain.collect() == 0 && pool.in_use() == 1 ? 0 : 1; }), 0);
}

TEST_F(EpochFork, AForkAmidTheWorkOfOthersLeavesTheChildAWorkingDomain) {
  FixedPool<int> pool{{.capacity = 1000}};
  EpochDomain domain{{.retired_max = 200}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        auto guard = domain.enter();
        domain.retire(pool, pool.allocate());
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(in_child([&] {
                // Not to the pool: its lock-free stack may have been amid something.
                CountingPool blocks;
                int block = 0;
                for (int i = 0; i < 1000; ++i) domain.retire(blocks, &block);
                return domain.stats().waiting <= 200 ? 0 : 1;
              }),
              0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cenote::test
