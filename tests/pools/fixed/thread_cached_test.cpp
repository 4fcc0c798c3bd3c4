/// The life of threads' caches: pools end before threads, threads before pools, and slots find their way
/// home.
#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/fixed_pool.hpp>

#include "pools/fixed/parking.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

TEST(ThreadCached, ThreadsOutliveAPoolAndUseTheOnesThatTakeItsPlace) {
  LeakRecorder leaks;
  constexpr int kRounds = 300, kThreads = 4;
  auto pool = std::make_unique<Pool>(PoolOptions{.capacity = 1000});
  auto beside = std::make_unique<Pool>(PoolOptions{.capacity = 1000});
  Semaphore start, done;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (;;) {
        start.acquire();
        if (stop) return;
        park(*pool, 200);
        park(*beside, 50);
        done.release();
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    start.release(kThreads);
    for (int i = 0; i < kThreads; ++i) done.acquire();
    expect_whole(*pool, pool->capacity());
    pool.reset();  // with slots in every thread's cache
    const std::size_t capacity = 900 + static_cast<std::size_t>(round);
    pool = std::make_unique<Pool>(PoolOptions{.capacity = capacity});
    if (round % 7 == 0) beside = std::make_unique<Pool>(PoolOptions{.capacity = 1000});
  }
  stop = true;
  start.release(kThreads);
  for (std::thread& thread : threads) thread.join();
  expect_whole(*beside, 1000);
  EXPECT_TRUE(leaks.take().empty());
}

TEST(ThreadCached, SlotsInTheCachesOfEndedThreadsComeBack) {
  Pool pool{{.capacity = 2000}};
  for (int i = 0; i < 20; ++i) {
    std::thread{[&] { park(pool, 500); }}.join();
    EXPECT_EQ(pool.in_use(), 0U);
  }
  expect_whole(pool, 2000);
  EXPECT_EQ(pool.stats().allocations, 20U * 500 + 2000) << "also what ended threads took is counted";
}

TEST(ThreadCached, BlocksOfAnEndedThreadStayInUseUntilFreed) {
  Pool pool{{.capacity = 500}};
  std::vector<std::uint64_t*> blocks(300);
  std::thread{[&] {
    for (std::uint64_t*& block : blocks) block = pool.allocate();
  }}.join();
  EXPECT_EQ(pool.in_use(), 300U);
  std::thread{[&] {
    for (std::uint64_t* const block : blocks) pool.deallocate(block);
  }}.join();
  expect_whole(pool, 500);
}

TEST(ThreadCached, ThousandsOfShortThreadsLoseNothing) {
  Pool pool{{.capacity = 64, .capacity_max = 1000}};
  for (int i = 0; i < 700; ++i) {
    std::array<std::thread, 4> threads;
    for (std::thread& thread : threads) {
      thread = std::thread{[&pool, i] { park(pool, static_cast<std::size_t>(1 + i % 40)); }};
    }
    for (std::thread& thread : threads) thread.join();
  }
  expect_whole(pool, 1000);
}

TEST(ThreadCached, OneThreadUsesHundredsOfPools) {
  std::vector<Pool> pools;
  for (std::size_t i = 0; i < 600; ++i) pools.emplace_back(PoolOptions{.capacity = 20 + i});
  const auto use_all = [&] {
    std::vector<std::uint64_t*> held;
    for (Pool& pool : pools) {
      held.push_back(pool.allocate());
      *held.back() = held.size();
      park(pool, 5);
    }
    for (std::size_t i = pools.size(); i-- > 0;) {
      EXPECT_EQ(*held[i], i + 1);
      EXPECT_GE(pools[i].in_use(), 1U);
      pools[i].deallocate(held[i]);
    }
  };
  use_all();
  std::thread first{use_all}, second{use_all};
  first.join();
  second.join();
  for (std::size_t i = 0; i < pools.size(); i += 2) expect_whole(pools[i], 20 + i);
  pools.erase(pools.begin() + 100, pools.begin() + 400);  // the others move
  use_all();
  for (Pool& pool : pools) expect_whole(pool, pool.capacity());
}

TEST(ThreadCached, APoolDiesBetweenTwoUsesOfAnother) {
  Pool lasting{{.capacity = 100}};
  for (int i = 0; i < 2000; ++i) {
    Pool brief{{.capacity = 100}};
    std::uint64_t* const one = brief.allocate();
    std::uint64_t* const other = lasting.allocate();
    EXPECT_TRUE(brief.owns(one));
    EXPECT_TRUE(lasting.owns(other)) << "the cache of the other pool answered";
    brief.deallocate(one);
    lasting.deallocate(other);
  }
  expect_whole(lasting, 100);
}

TEST(ThreadCached, BlocksParkedWithThreadsThatSleepAreHadByOthers) {
  constexpr std::size_t kThreads = 6, kEach = 100;
  Pool pool{{.capacity = kThreads * kEach}};
  Latch have_all{kThreads}, may_free{1}, parked{kThreads}, may_end{1};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      std::vector<std::uint64_t*> blocks;
      for (std::size_t n = 0; n < kEach; ++n) blocks.push_back(pool.allocate());
      have_all.count_down();
      may_free.wait();
      for (std::uint64_t* const block : blocks) pool.deallocate(block);
      parked.count_down();
      may_end.wait();
    });
  }
  have_all.wait();
  EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
  may_free.count_down();
  parked.wait();
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(pool.available(), kThreads * kEach);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::uint64_t*> blocks;
    for (std::size_t n = 0; n < kThreads * kEach; ++n) {
      const Result<std::uint64_t*> block = pool.try_allocate();
      ASSERT_TRUE(block) << n << " of " << kThreads * kEach;
      blocks.push_back(*block);
    }
    EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
    for (std::uint64_t* const block : blocks) pool.deallocate(block);
  }
  EXPECT_EQ(pool.stats().failures, 4U);
  may_end.count_down();
  for (std::thread& thread : threads) thread.join();
  expect_whole(pool, kThreads * kEach);
}

TEST(ThreadCached, AThreadThatEndsLeavesTheCacheThatAnotherInherited) {
  std::optional<Pool> first{std::in_place, PoolOptions{.capacity = 200}};
  Latch used{1}, may_end{1}, inherited{1}, ended{1};
  std::thread old_user{[&] {
    park(*first, 100);
    used.count_down();
    may_end.wait();
  }};
  used.wait();
  first.reset();  // its cache is idle now, its number free
  Pool second{{.capacity = 200}};
  std::thread heir{[&] {
    park(second, 100);
    inherited.count_down();
    ended.wait();
    park(second, 60);
    std::thread{[&] { park(second, 100); }}.join();
    park(second, 60);
    EXPECT_EQ(second.in_use(), 0U);
  }};
  inherited.wait();
  may_end.count_down();
  old_user.join();
  ended.count_down();
  heir.join();
  expect_whole(second, 200);
  EXPECT_EQ(second.stats().allocations, 100U + 60 + 100 + 60 + 200);
}

// Recalls one after another while others use their caches: a block that two have is seen by its flag.
TEST(ThreadCached, RecallsAmidTheUsesOfOthersHandNoBlockOutTwice) {
  FixedPool<std::atomic<int>, ThreadCached> pool{{.capacity = 64}};
  std::vector<std::atomic<int>*> all(64);
  ASSERT_EQ(pool.try_allocate_many(all), 64U);
  for (std::atomic<int>* const flag : all) std::construct_at(flag, 0);
  pool.deallocate_many(all);
  std::atomic<bool> stop{false};
  std::atomic<int> twice{0}, refused{0};
  const auto use = [&] {
    const Result<std::atomic<int>*> flag = pool.try_allocate();
    if (!flag) return void(++refused);
    if ((*flag)->exchange(1, std::memory_order_relaxed) != 0) ++twice;
    (*flag)->store(0, std::memory_order_relaxed);
    pool.deallocate(*flag);
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) use();
    });
  }
  std::uint64_t recalls = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{500};
  for (; std::chrono::steady_clock::now() < end; ++recalls) pool.trim();
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(twice, 0) << "in " << recalls << " recalls";
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_EQ(pool.try_allocate_many(all), 64U);
  pool.deallocate_many(all);
}

// --- past the end of a thread ------------------------------------------------------------------------------

pthread_key_t g_late_key;
int g_late_rounds = 0;

// Asks to run again as often as the system lets it, so that it runs after everything else of the thread.
void use_late(void* argument) {
  park(*static_cast<Pool*>(argument), 20);
  ++g_late_rounds;
  ::pthread_setspecific(g_late_key, argument);
}

TEST(ThreadCached, ThePoolServesAThreadThatIsPastItsEnd) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer forgets a thread before the last of its destructors";
#endif
  ASSERT_EQ(::pthread_key_create(&g_late_key, &use_late), 0);
  Pool pool{{.capacity = 300}};
  std::thread{[&] {
    park(pool, 100);
    ::pthread_setspecific(g_late_key, &pool);
  }}.join();
  EXPECT_GE(g_late_rounds, 2);
  expect_whole(pool, 300);
  ::pthread_key_delete(g_late_key);
}

// --- misuse across threads ---------------------------------------------------------------------------------

TEST(ThreadCached, ABlockFreedByOneThreadCannotBeFreedByAnother) {
  MisuseRecorder recorder;
  Pool pool{{.capacity = 100}};
  std::uint64_t* const block = pool.allocate();
  Latch freed{1}, may_end{1};
  std::thread other{[&] {
    pool.deallocate(block);
    freed.count_down();
    may_end.wait();
  }};
  freed.wait();
  EXPECT_EQ(pool.try_deallocate(block).error(), AllocError::double_free) << "parked with the other thread";
  may_end.count_down();
  other.join();
  EXPECT_EQ(pool.try_deallocate(block).error(), AllocError::double_free);
  expect_whole(pool, 100);
}

TEST(ThreadCached, APoolNeedsNoCacheToWork) {
  std::vector<BlockPool<ThreadCached>> pools;
  for (int i = 0; i < 50; ++i) pools.emplace_back(PoolOptions{.block_size = 100'000, .capacity = 1});
  for (auto& pool : pools) {
    const Block block = pool.allocate();
    EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
    std::thread{[&] {
      EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
      pool.deallocate(block);
    }}.join();
    pool.deallocate(pool.allocate());
  }
}

}  // namespace
}  // namespace cenote::test
