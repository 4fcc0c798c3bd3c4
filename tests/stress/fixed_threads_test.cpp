/// What every pool for any thread promises when there are several.
#include <atomic>
#include <thread>

#include "conformance/fixed_subjects.hpp"
#include "support/waiting.hpp"

namespace cenote::test {

template <class Subject>
class SharedFixedPools : public FixedPools<Subject> {};
using AllSharedFixedPools =
    SampledTypes<testing::Types<Objects<Locked>, Blocks<LockFree>, Objects<ThreadCached>>,
                 testing::Types<Blocks<Locked>, Objects<LockFree>, Blocks<ThreadCached>>>;
TYPED_TEST_SUITE(SharedFixedPools, AllSharedFixedPools, FixedPoolNames);

namespace {

template <class Body>
void in_threads(std::size_t count, Body body) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

bool take_token(std::atomic<std::size_t>& tokens) {
  std::size_t left = tokens.load();
  while (left != 0 && !tokens.compare_exchange_weak(left, left - 1)) {
  }
  return left != 0;
}

}  // namespace

TYPED_TEST(SharedFixedPools, ABlockMayBeFreedByAnyThread) {
  auto pool = this->make({.capacity = 300});
  for (int round = 0; round < 5; ++round) {
    const auto blocks = this->take_all(pool);
    ASSERT_EQ(blocks.size(), 300U);
    in_threads(3, [&](std::size_t t) {
      for (std::size_t i = t; i < blocks.size(); i += 3) pool.deallocate(blocks[i]);
    });
    this->expect_counts(pool, 300, 0);
  }
}

TYPED_TEST(SharedFixedPools, BlocksThatASleepingThreadFreedAreHadByOthers) {
  auto pool = this->make({.capacity = 500});
  Latch freed{1}, may_end{1};
  std::thread sleeper{[&] {
    this->give_back(pool, this->take_all(pool));
    freed.count_down();
    may_end.wait();
  }};
  freed.wait();
  this->expect_counts(pool, 500, 0);
  std::vector<typename TypeParam::Given> many(600);
  EXPECT_EQ(pool.try_allocate_many(many), 500U);
  many.resize(500);
  this->expect_apart(many);
  pool.deallocate_many(std::span{std::as_const(many)});
  EXPECT_EQ(this->take_all(pool).size(), 500U);
  pool.deallocate_many(std::span{std::as_const(many)});
  may_end.count_down();
  sleeper.join();
  this->expect_unharmed(pool);
}

// Who holds a token knows that a block is free: as many tokens as blocks, each given back after its block.
TYPED_TEST(SharedFixedPools, NeverSaysExhaustedWhileABlockIsFree) {
  for (const std::size_t capacity : {1U, 2U, 3U, 7U, 40U}) {
    auto pool = this->make({.capacity = capacity});
    std::atomic<std::size_t> tokens{capacity};
    std::atomic<std::uint64_t> refused{0}, served{0};
    in_threads(6, [&](std::size_t t) {
      std::mt19937_64 random{t};
      std::vector<typename TypeParam::Given> held;
      for (int i = 0; i < 20'000; ++i) {
        if (random() % 2 == 0 && take_token(tokens)) {
          const auto block = pool.try_allocate();
          block ? ++served : ++refused;
          if (block) held.push_back(*block);
        } else if (!held.empty()) {
          pool.deallocate(held.back());
          held.pop_back();
          tokens.fetch_add(1);
        }
      }
      for (const auto block : held) {
        pool.deallocate(block);
        tokens.fetch_add(1);
      }
    });
    EXPECT_EQ(refused, 0U) << "of " << capacity << " blocks, " << served << " times served";
    this->expect_unharmed(pool);
  }
}

TYPED_TEST(SharedFixedPools, ThreadsThatGrowThePoolTogetherGetDistinctBlocks) {
  for (int round = 0; round < 20; ++round) {
    auto pool = this->make({.capacity = 1, .capacity_max = 4000});
    std::vector<std::vector<typename TypeParam::Given>> held(4);
    in_threads(4, [&](std::size_t t) { held[t] = this->take(pool, 1000); });
    std::vector<typename TypeParam::Given> all;
    for (const auto& some : held) all.insert(all.end(), some.begin(), some.end());
    this->expect_apart(all);
    this->expect_counts(pool, 4000, 4000);
    EXPECT_EQ(pool.try_allocate().error(), AllocError::exhausted);
    in_threads(4, [&](std::size_t t) { this->give_back(pool, held[(t + 1) % 4]); });
    this->expect_counts(pool, 4000, 0);
  }
}

TYPED_TEST(SharedFixedPools, GrowShrinkAndStatisticsMeetNobodysWay) {
  auto pool = this->make({.capacity = 200, .capacity_max = 20'000});
  std::atomic<bool> stop{false}, whole{true};
  std::thread keeper{[&] {
    std::mt19937_64 random{1};
    while (!stop) {
      if (random() % 2 == 0) static_cast<void>(pool.grow(random() % 300));
      pool.trim();
      const PoolStats stats = pool.stats();
      if (stats.capacity > 20'000 || stats.in_use > 20'000 || stats.bytes_committed > stats.bytes_reserved)
        whole = false;
      if (pool.capacity() < 200) whole = false;
    }
  }};
  in_threads(3, [&](std::size_t t) {
    std::mt19937_64 random{t};
    std::vector<typename TypeParam::Given> held;
    for (int i = 0; i < 300; ++i) {
      const std::size_t target = random() % 3 == 0 ? 0 : random() % 3000;
      std::vector<typename TypeParam::Given> out(
          target > held.size() && random() % 2 == 0 ? target - held.size() : 0);
      if (pool.try_allocate_many(out) != out.size()) whole = false;
      held.insert(held.end(), out.begin(), out.end());
      while (held.size() < target) held.push_back(pool.allocate());
      for (const auto block : held) {
        std::byte* const start = this->address(block);
        start[0] = start[kItemBytes - 1] = static_cast<std::byte>(t);
      }
      while (held.size() > target) {
        std::byte* const start = this->address(held.back());
        if (start[0] != static_cast<std::byte>(t) || start[kItemBytes - 1] != static_cast<std::byte>(t))
          whole = false;
        pool.deallocate(held.back());
        held.pop_back();
      }
    }
    this->give_back(pool, held);
  });
  stop = true;
  keeper.join();
  EXPECT_TRUE(whole);
  this->expect_unharmed(pool);
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.allocations, stats.deallocations);
}

TYPED_TEST(SharedFixedPools, PeakIsNeverBelowTheTruth) {
  auto pool = this->make({.capacity = 1000});
  Latch all_hold{4};
  in_threads(4, [&](std::size_t) {
    const auto blocks = this->take(pool, 200);
    all_hold.arrive_and_wait();
    this->give_back(pool, blocks);
  });
  EXPECT_GE(pool.stats().peak_in_use, 800U);
  EXPECT_LE(pool.stats().peak_in_use, 1000U);
  EXPECT_TRUE(!this->kPeakIsExact || pool.stats().peak_in_use == 800);
}

TYPED_TEST(SharedFixedPools, CountsOfManyThreadsAddUp) {
  auto pool = this->make({.capacity = 100});
  in_threads(4, [&](std::size_t) {
    for (int i = 0; i < 5000; ++i) {
      const auto blocks = this->take(pool, 20);
      this->give_back(pool, blocks);
    }
  });
  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.allocations, 4U * 5000 * 20);
  EXPECT_EQ(stats.deallocations, stats.allocations);
  EXPECT_EQ(stats.failures, 0U);
  EXPECT_EQ(stats.in_use, 0U);
}

TYPED_TEST(SharedFixedPools, AForeignFreeIsRefusedAmidTheWorkOfOthers) {
  auto pool = this->make({.capacity = 200});
  auto other = this->make({.capacity = 200});
  const auto theirs = this->take(other, 100);
  const auto mine = this->take(pool, 10);
  const auto freed = mine.back();
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::thread abuser{[&] {
    while (!stop) {
      for (const auto block : theirs)
        wrong += pool.try_deallocate(block).error() != AllocError::foreign_block;
      wrong += pool.try_deallocate(this->at(this->address(freed) + 8)).error() != AllocError::foreign_block;
    }
  }};
  in_threads(2, [&](std::size_t) {
    for (int i = 0; i < 20'000; ++i) pool.deallocate(pool.allocate());
  });
  stop = true;
  abuser.join();
  EXPECT_EQ(wrong, 0);
  this->give_back(pool, mine);
  this->give_back(other, theirs);
  this->expect_unharmed(pool);
}

}  // namespace cenote::test
