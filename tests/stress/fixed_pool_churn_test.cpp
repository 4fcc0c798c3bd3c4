// Threads that together never ask for more than there is: a refusal is a lie, a block held twice shows in its
// stamp. Meanwhile the pool shrinks and counts.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/fixed_pool.hpp>

namespace cenote::test {
namespace {

struct Stamped {
  std::uint64_t owner;
  std::uint64_t rest[5];
};

/// What one thread does with its share of a pool.
template <class Sync>
class Churner {
 public:
  Churner(FixedPool<Stamped, Sync>& pool, std::uint64_t number, std::size_t share)
      : pool_{pool},
        number_{number},
        share_{share},
        random_{static_cast<std::mt19937::result_type>(number)} {}

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    while (!held_.empty()) give_one();
  }

 private:
  static constexpr std::size_t kBatch = 20;

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        return take_one();
      case 3:
      case 4:
      case 5:
        return give_one();
      case 6:
        return take_many();
      default:
        return give_many();
    }
  }
  void take_one() {
    if (held_.size() == share_) return;
    const Result<Stamped*> block = pool_.try_allocate();
    ASSERT_TRUE(block) << to_string(block.error()) << " with " << held_.size() << " of " << share_ << " held";
    hold(*block);
  }
  void give_one() {
    if (held_.empty()) return;
    std::swap(held_[random_() % held_.size()], held_.back());
    pool_.deallocate(release());
  }
  void take_many() {
    std::array<Stamped*, kBatch> blocks{};
    const std::size_t wanted = std::min(kBatch, share_ - held_.size());
    ASSERT_EQ(pool_.try_allocate_many(std::span{blocks}.first(wanted)), wanted);
    for (std::size_t i = 0; i < wanted; ++i) hold(blocks[i]);
  }
  void give_many() {
    std::vector<Stamped*> blocks;
    while (blocks.size() < kBatch && !held_.empty()) blocks.push_back(release());
    pool_.deallocate_many(blocks);
  }
  void hold(Stamped* block) {
    block->owner = number_;
    held_.push_back(block);
  }
  Stamped* release() {
    Stamped* const block = held_.back();
    EXPECT_EQ(block->owner, number_) << "two threads hold one block";
    held_.pop_back();
    return block;
  }

  FixedPool<Stamped, Sync>& pool_;
  std::uint64_t number_;
  std::size_t share_;
  std::mt19937 random_;
  std::vector<Stamped*> held_;
};

template <class Sync>
void churn(const PoolOptions& options, std::size_t threads, int steps) {
  FixedPool<Stamped, Sync> pool{options};
  const std::size_t most = std::max(options.capacity, options.capacity_max);
  std::atomic<bool> stop{false};
  std::thread watcher{[&] {
    while (!stop.load()) {
      pool.trim();
      EXPECT_LE(pool.stats().in_use, most);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }};
  std::vector<std::thread> workers;
  for (std::size_t i = 0; i < threads; ++i) {
    workers.emplace_back([&pool, i, share = most / threads, steps] {
      Churner<Sync>{pool, i + 1, share}.run(steps);
    });
  }
  for (std::thread& worker : workers) worker.join();
  stop.store(true);
  watcher.join();

  const PoolStats stats = pool.stats();
  EXPECT_EQ(stats.in_use, 0U);
  EXPECT_EQ(stats.allocations, stats.deallocations);
  EXPECT_EQ(pool.available(), pool.capacity());
  std::vector<Stamped*> all(most + 1);
  EXPECT_EQ(pool.try_allocate_many(all), most);
  all.resize(most);
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end()) << "a block is there twice";
  pool.deallocate_many(all);
}

template <class Sync>
class FixedPoolChurn : public ::testing::Test {};
using Shared = ::testing::Types<Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(FixedPoolChurn, Shared);

TYPED_TEST(FixedPoolChurn, ABoundedPoolServesAllItsBlocks) {
  churn<TypeParam>({.capacity = 300, .name = "bounded"}, 3, 60'000);
}
TYPED_TEST(FixedPoolChurn, AGrowingPoolServesAllItMayGrowTo) {
  churn<TypeParam>({.capacity = 300, .capacity_max = 5000, .name = "growing"}, 3, 60'000);
}
TYPED_TEST(FixedPoolChurn, APoolSmallerThanItsThreadsCachesServesAllItsBlocks) {
  churn<TypeParam>({.capacity = 16, .name = "small"}, 4, 20'000);
}
TYPED_TEST(FixedPoolChurn, ALargePoolThatShrinksServesAllItsBlocks) {
  churn<TypeParam>({.capacity = 1000, .capacity_max = 20'000, .name = "large"}, 4, 60'000);
}

}  // namespace
}  // namespace cenote::test
