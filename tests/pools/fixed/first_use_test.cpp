// The last run of fresh blocks reaches the list of free ones while other threads already look for it there.
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/fixed_pool.hpp>

namespace cenote::test {

template <class Sync>
class FirstUse : public ::testing::Test {};
using Shared = ::testing::Types<Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(FirstUse, Shared);

TYPED_TEST(FirstUse, ThreadsThatComeAtOnceAllFindABlock) {
  constexpr int kThreads = 4, kRounds = 2000;
  std::atomic<int> round{-1}, done{0}, refused{0};
  std::vector<FixedPool<long, TypeParam>> pools;
  for (int i = 0; i < kRounds; ++i) pools.emplace_back(PoolOptions{.capacity = 64});
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        while (round.load(std::memory_order_acquire) < i) std::this_thread::yield();
        auto& pool = pools[static_cast<std::size_t>(i)];
        const Result<long*> block = pool.try_allocate();
        if (!block) ++refused;
        done.fetch_add(1);
        if (block) pool.deallocate(*block);
      }
    });
  }
  for (int i = 0; i < kRounds; ++i) {
    round.store(i, std::memory_order_release);
    while (done.load() < (i + 1) * kThreads) std::this_thread::yield();
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused.load(), 0);
}

}  // namespace cenote::test
