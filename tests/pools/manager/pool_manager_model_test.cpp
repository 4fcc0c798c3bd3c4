/// A manager beside a model of it: the same calls, the same answers, the same sums, step by step.
#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/pool_manager.hpp>

#include "support/pattern.hpp"

namespace cenote::test {
namespace {

using Random = std::mt19937_64;

struct Options {
  std::size_t limit_bytes;
  bool create_on_demand;
};

/// What the manager promises, written down with the standard's containers.
class Model {
 public:
  explicit Model(Options options) : options_{options} {}

  /// The size that a request must get, or the error.
  Result<std::size_t> allocate(std::size_t min, std::size_t max) {
    const auto found = free_.lower_bound(min);
    if (found != free_.end() && found->first <= max) {
      const std::size_t size = found->first;
      if (--found->second == 0) free_.erase(found);
      bytes_free -= size;
      --blocks_free;
      bytes_in_use += size;
      return size;
    }
    if (!options_.create_on_demand) return AllocError::exhausted;
    if (!fits(min)) return AllocError::limit_reached;
    bytes_in_use += min;
    return min;
  }

  void deallocate(std::size_t size) {
    bytes_in_use -= size;
    add_free(size, 1);
  }

  Result<void> prepopulate(std::size_t size, std::size_t count) {
    if (!fits(size * count)) return AllocError::limit_reached;
    add_free(size, count);
    return {};
  }

  std::size_t trim() {
    free_.clear();
    blocks_free = 0;
    return std::exchange(bytes_free, 0);
  }

  std::size_t available(std::size_t size) const {
    const auto found = free_.find(size);
    return found == free_.end() ? 0 : found->second;
  }

  std::size_t bytes_in_use = 0, bytes_free = 0, blocks_free = 0;

 private:
  bool fits(std::size_t bytes) const {
    return options_.limit_bytes == 0 || bytes_in_use + bytes_free + bytes <= options_.limit_bytes;
  }
  void add_free(std::size_t size, std::size_t count) {
    if (count == 0) return;
    free_[size] += count;
    bytes_free += size * count;
    blocks_free += count;
  }

  Options options_;
  std::map<std::size_t, std::size_t> free_;  // blocks by size
};

struct Held {
  Block block;
  std::uint64_t seed;
};

class PoolManagerModel : public testing::TestWithParam<Options> {
 protected:
  // Few sizes, so that they come again, some of them large.
  std::size_t random_size() {
    const std::uint64_t kind = random() % 100;
    if (kind == 0) return 1'100'000 + random() % 3 * 4096;
    if (kind < 5) return 60'000 + random() % 8 * 1000;
    return 1 + random() % (kind < 50 ? 80 : 6000);
  }

  void allocate() {
    const std::size_t min = random_size();
    const std::size_t max = random() % 2 == 0 ? min : min + random() % (2 * min);
    const Result<std::size_t> expected = model.allocate(min, max);
    const Result<Block> block =
        min == max ? manager.try_allocate_fixed(min) : manager.try_allocate_between(min, max);
    ASSERT_EQ(block.has_value(), expected.has_value());
    if (!block) {
      ASSERT_EQ(block.error(), expected.error());
      return;
    }
    ASSERT_EQ(block->size(), *expected);
    held.push_back({*block, random()});
    fill_pattern(block->data(), marked(*block), held.back().seed);
  }

  void deallocate() {
    if (held.empty()) return;
    std::swap(held[random() % held.size()], held.back());
    const Held last = held.back();
    held.pop_back();
    ASSERT_TRUE(holds_pattern(last.block.data(), marked(last.block), last.seed));
    ASSERT_EQ(manager.try_deallocate({last.block.data(), last.block.size() + 1}).error(),
              AllocError::size_mismatch);
    ASSERT_TRUE(manager.try_deallocate(last.block));
    model.deallocate(last.block.size());
    if (random() % 16 == 0) {
      ASSERT_EQ(manager.try_deallocate(last.block).error(), AllocError::double_free);
    }
  }

  void prepopulate() {
    const std::size_t size = random_size(), count = random() % 8;
    ASSERT_EQ(manager.prepopulate(size, count).error(), model.prepopulate(size, count).error());
  }

  void step() {
    const std::uint64_t kind = random() % 1000;
    if (kind == 0) {
      ASSERT_EQ(manager.trim(), model.trim());
    } else if (kind < 40) {
      prepopulate();
    } else if (kind < 40 + grow) {
      allocate();
    } else {
      deallocate();
    }
  }

  void expect_same_sums() {
    const ManagerStats stats = manager.stats();
    ASSERT_EQ(stats.blocks_in_use, held.size());
    ASSERT_EQ(stats.blocks_free, model.blocks_free);
    ASSERT_EQ(stats.bytes_in_use, model.bytes_in_use);
    ASSERT_EQ(stats.bytes_free, model.bytes_free);
    ASSERT_EQ(stats.allocations - stats.deallocations, held.size());
    const std::size_t size = random_size();
    ASSERT_EQ(manager.available(size), model.available(size));
  }

  static std::size_t marked(Block block) { return std::min<std::size_t>(block.size(), 512); }

  Random random{42};
  PoolManager manager{
      {.limit_bytes = GetParam().limit_bytes, .create_on_demand = GetParam().create_on_demand}};
  Model model{GetParam()};
  std::vector<Held> held;
  std::uint64_t grow = 480;  // of 1000 steps, those that allocate
};

TEST_P(PoolManagerModel, DoesAsTheModelDoes) {
  for (int i = 0; i < 100'000; ++i) {
    if (i % 5000 == 0) grow = i % 10'000 == 0 ? 560 : 400;  // fills up, drains
    step();
    if (i % 16 == 0) expect_same_sums();
    if (HasFatalFailure()) FAIL() << "at step " << i;
  }
  while (!held.empty() && !HasFatalFailure()) deallocate();
  EXPECT_EQ(manager.trim(), model.trim());
  EXPECT_EQ(manager.stats().bytes_free + manager.stats().bytes_in_use, 0U);
}

INSTANTIATE_TEST_SUITE_P(Options, PoolManagerModel,
                         testing::Values(Options{0, true}, Options{2'000'000, true},
                                         Options{6'000'000, false}),
                         [](const testing::TestParamInfo<Options>& tested) {
                           if (!tested.param.create_on_demand) return std::string{"PrepopulatedOnly"};
                           return std::string{tested.param.limit_bytes == 0 ? "Unlimited" : "Limited"};
                         });

}  // namespace
}  // namespace cenote::test
