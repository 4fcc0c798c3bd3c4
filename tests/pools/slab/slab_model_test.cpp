/// Long random lives beside a model: what the allocator says and does at every step is what the model says.
#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/pages/backing.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

struct Held {
  std::byte* block;
  std::size_t size;
  std::uint64_t seed;
};

class SlabModel {
 public:
  SlabModel(const SlabOptions& options, std::uint32_t seed)
      : slabs_{options}, limit_{options.limit_bytes}, random_{seed} {}

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      // Phases of growth and of decline, so that slabs fill, empty and go back.
      const bool growing = step / 3000 % 2 == 0;
      const std::size_t dice = roll(100);
      if (dice < (growing ? 60U : 35U)) {
        allocate();
      } else if (dice < 94) {
        deallocate();
      } else if (dice < 99) {
        misuse();
      } else if (roll(20) == 0) {
        slabs_.trim();
      }
      if (step % 997 == 0) look();
    }
    look();
    for (const Held& held : held_) EXPECT_TRUE(slabs_.try_deallocate(held.block));
    held_.clear();
    look();
    slabs_.trim();
    EXPECT_EQ(slabs_.stats().bytes_held, 0U);
  }

 private:
  std::size_t roll(std::size_t sides) { return random_() % sides; }
  std::size_t some_size() {
    switch (roll(8)) {
      case 0:
        return 1 + roll(8);
      case 1:
      case 2:
      case 3:
        return 1 + roll(200);
      case 4:
      case 5:
        return 1 + roll(4096);
      case 6:
        return 1 + roll(40 * kKiB);
      default:
        return roll(16) != 0 ? 1 + roll(2000) : 1 + roll(2 * kMiB);
    }
  }
  void allocate() {
    const std::size_t size = some_size();
    const std::size_t alignment = std::size_t{1} << (roll(12) != 0 ? roll(5) : roll(18));
    const Result<void*> block = slabs_.try_allocate(size, alignment);
    if (!block) {
      EXPECT_NE(limit_, 0U);
      EXPECT_EQ(block.error(), AllocError::limit_reached);
      ++failures_;
      return;
    }
    ++allocations_;
    EXPECT_TRUE(is_aligned(*block, alignment));
    EXPECT_GE(slabs_.usable_size(*block), size);
    held_.push_back({static_cast<std::byte*>(*block), size, random_()});
    fill_pattern(*block, marked(size), held_.back().seed);
  }
  void deallocate() {
    if (held_.empty()) return;
    const std::size_t index = roll(held_.size());
    const Held held = held_[index];
    held_[index] = held_.back();
    held_.pop_back();
    EXPECT_TRUE(holds_pattern(held.block, marked(held.size), held.seed));
    if (roll(2) == 0) {
      EXPECT_TRUE(slabs_.try_deallocate(held.block));
    } else {
      slabs_.deallocate(held.block, held.size);
    }
    EXPECT_TRUE(recorder_.take().empty());
    if (roll(8) == 0) {
      EXPECT_EQ(slabs_.try_deallocate(held.block).error(), AllocError::double_free) << held.size;
    }
  }
  void misuse() {
    if (held_.empty()) return;
    const Held& held = held_[roll(held_.size())];
    if (held.size > 1) {
      const std::size_t inside = 1 + roll(held.size - 1);
      EXPECT_EQ(slabs_.try_deallocate(held.block + inside).error(), AllocError::foreign_block) << held.size;
    }
    slabs_.deallocate(held.block, 2 * held.size + 2 * kMiB);
    const auto records = recorder_.take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  }
  void look() {
    slabs_.check_invariants();
    const SlabStats stats = slabs_.stats();
    EXPECT_EQ(stats.blocks_in_use + stats.large_blocks, held_.size());
    EXPECT_EQ(stats.allocations, allocations_);
    EXPECT_EQ(stats.deallocations, allocations_ - held_.size());
    EXPECT_EQ(stats.failures, failures_);
    if (limit_ != 0) {
      EXPECT_LE(stats.bytes_held, limit_);
    }
  }
  static std::size_t marked(std::size_t size) { return std::min<std::size_t>(size, 300); }

  MisuseRecorder recorder_;
  SlabAllocator slabs_;
  std::size_t limit_;
  std::mt19937 random_;
  std::vector<Held> held_;
  std::uint64_t allocations_ = 0;
  std::uint64_t failures_ = 0;
};

using Life = std::tuple<SizeClasses, std::size_t, std::size_t>;  // classes, bytes_max, empty_slabs_max
class SlabLives : public testing::TestWithParam<Life> {};

TEST_P(SlabLives, AgreeWithTheModel) {
  const std::size_t used_before = g_backing.pages.used_bytes();
  const auto [classes, bytes_max, empty_slabs_max] = GetParam();
  SlabModel{{.limit_bytes = bytes_max, .classes = classes, .empty_slabs_max = empty_slabs_max}, 4711}.run(
      120'000);
  EXPECT_EQ(g_backing.pages.used_bytes(), used_before);
  g_backing.pages.check_invariants();
}

std::string name_of(const testing::TestParamInfo<Life>& life) {
  const auto [classes, bytes_max, empty_slabs_max] = life.param;
  return std::string{classes == SizeClasses::halves ? "halves" : "quarters"} +
         (bytes_max == 0 ? "_unbounded" : "_bounded") + "_empty_" + std::to_string(empty_slabs_max);
}

INSTANTIATE_TEST_SUITE_P(Slab, SlabLives,
                         testing::Values(Life{SizeClasses::quarters, 0, 1}, Life{SizeClasses::halves, 0, 0},
                                         Life{SizeClasses::quarters, 6 * kMiB, 1},
                                         Life{SizeClasses::halves, 4 * kMiB, 3}),
                         name_of);

}  // namespace
}  // namespace cenote::test
