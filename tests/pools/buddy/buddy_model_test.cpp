// Random calls beside a model that keeps a byte for each smallest block: every answer is foretold,
// `exhausted` and largest_free too.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/bits.hpp>

#include "support/pattern.hpp"

namespace cenote::test {
namespace {

/// What is in use, by unit; no orders, no lists.
class Model {
 public:
  explicit Model(std::size_t units) : used_(units, false) {}

  /// Whether `units` (a power of two) free ones start at a multiple of their number.
  bool has_free(std::size_t units) const {
    for (std::size_t first = 0; first + units <= used_.size(); first += units) {
      if (is_free(first, units)) return true;
    }
    return false;
  }
  bool is_free(std::size_t first, std::size_t units) const {
    const auto begin = used_.begin() + static_cast<std::ptrdiff_t>(first);
    return std::find(begin, begin + static_cast<std::ptrdiff_t>(units), true) ==
           begin + static_cast<std::ptrdiff_t>(units);
  }
  std::size_t largest_free() const {
    std::size_t units = std::bit_floor(used_.size());
    while (units != 0 && !has_free(units)) units /= 2;
    return units;
  }
  void set(std::size_t first, std::size_t units, bool used) {
    std::fill_n(used_.begin() + static_cast<std::ptrdiff_t>(first), units, used);
  }
  std::size_t free_units() const {
    return static_cast<std::size_t>(std::count(used_.begin(), used_.end(), false));
  }

 private:
  std::vector<bool> used_;
};

struct Held {
  std::size_t size;
  std::size_t units;
  std::uint64_t seed;
};

class Walk {
 public:
  Walk(std::size_t units, std::size_t unit_bytes, std::uint64_t seed)
      : pool_{{.bytes = units * unit_bytes, .block_min = unit_bytes}},
        model_{units},
        units_{units},
        unit_bytes_{unit_bytes},
        random_{seed} {
    base_ = static_cast<std::byte*>(pool_.allocate(std::bit_floor(units) * unit_bytes));  // lies at the start
    pool_.deallocate(base_);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      if (i % 1009 == 0) look();
    }
    while (!held_.empty()) give();
    look();
    EXPECT_EQ(pool_.largest_free(), std::bit_floor(units_) * unit_bytes_);
    EXPECT_EQ(pool_.stats().external_fragmentation(), 0.0);
  }

 private:
  void step() {
    const std::uint64_t kind = random_() % 100;
    if (kind < 52) return take();
    if (kind < 96) return give();
    if (kind < 98) return give_wrongly();
    if (kind < 99) return static_cast<void>(pool_.trim());
    EXPECT_EQ(pool_.largest_free(), model_.largest_free() * unit_bytes_);
  }

  AllocError foretell(std::size_t units, std::size_t alignment) const {
    const std::size_t largest = std::bit_floor(units_);
    if (alignment > largest * unit_bytes_) return AllocError::bad_alignment;
    if (units > largest) return AllocError::too_large;
    return model_.has_free(units) ? AllocError{} : AllocError::exhausted;
  }
  void take() {
    const unsigned order = static_cast<unsigned>(std::countr_zero(random_() | 1U << 9));
    const std::size_t size = random_() % (unit_bytes_ << order) + 1;
    const std::size_t alignment = random_() % 4 == 0 ? std::size_t{1} << random_() % 16 : 16;
    const std::size_t units = std::bit_ceil(ceil_div(std::max(size, alignment), unit_bytes_));
    const Result<void*> block = pool_.try_allocate(size, alignment);
    const AllocError error = block ? AllocError{} : block.error();
    ASSERT_EQ(error, foretell(units, alignment)) << size << " at " << alignment;
    if (!block) return;
    hold(static_cast<std::byte*>(*block), {size, units, random_()}, alignment);
  }
  void hold(std::byte* block, Held held, std::size_t alignment) {
    const auto first = static_cast<std::size_t>(block - base_) / unit_bytes_;
    ASSERT_TRUE(is_aligned(block, alignment));
    ASSERT_EQ(first % held.units, 0U);
    ASSERT_TRUE(model_.is_free(first, held.units)) << "in use already";
    ASSERT_EQ(pool_.usable_size(block), held.units * unit_bytes_);
    fill_pattern(block, held.size, held.seed);
    model_.set(first, held.units, true);
    held_[block] = held;
  }
  std::byte* any_held() {
    auto held = held_.lower_bound(base_ + random_() % (units_ * unit_bytes_));
    return held == held_.end() ? held_.begin()->first : held->first;
  }
  void give() {
    if (held_.empty()) return;
    std::byte* const block = any_held();
    const Held held = held_.at(block);
    ASSERT_TRUE(holds_pattern(block, held.size, held.seed));
    held_.erase(block);
    model_.set(static_cast<std::size_t>(block - base_) / unit_bytes_, held.units, false);
    ASSERT_TRUE(random_() % 2 == 0 ? pool_.try_deallocate(block) : pool_.try_deallocate(block, held.size));
  }
  void give_wrongly() {
    const std::size_t unit = random_() % units_;
    std::byte* const block = base_ + unit * unit_bytes_;
    if (held_.count(block) != 0) {
      EXPECT_EQ(pool_.try_deallocate(block, held_.at(block).units * unit_bytes_ + 1).error(),
                AllocError::size_mismatch);
      EXPECT_EQ(pool_.try_deallocate(block + 1).error(), AllocError::foreign_block);
      return;
    }
    EXPECT_EQ(pool_.try_deallocate(block).error(),
              model_.is_free(unit, 1) ? AllocError::double_free : AllocError::foreign_block);
  }
  void look() {
    pool_.check_invariants();
    const BuddyStats stats = pool_.stats();
    EXPECT_EQ(stats.in_use, held_.size());
    EXPECT_EQ(stats.free_bytes, model_.free_units() * unit_bytes_);
    EXPECT_EQ(stats.largest_free, model_.largest_free() * unit_bytes_);
    EXPECT_GE(stats.external_fragmentation(), 0.0);
    EXPECT_LE(stats.external_fragmentation(), 1.0);
  }

  BuddyAllocator pool_;
  Model model_;
  std::size_t units_;
  std::size_t unit_bytes_;
  std::mt19937_64 random_;
  std::byte* base_ = nullptr;
  std::map<std::byte*, Held> held_;
};

TEST(BuddyModel, EveryAnswerIsTheModels) { Walk{512, 64, 1}.run(100'000); }
TEST(BuddyModel, AlsoInMemoryThatIsNoPowerOfTwo) {
  Walk{1000, 32, 2}.run(60'000);
  Walk{7, 256, 3}.run(20'000);
  Walk{1, 64, 4}.run(5'000);
}
TEST(BuddyModel, AlsoInWholePages) { Walk{300, 4096, 5}.run(10'000); }

}  // namespace
}  // namespace cenote::test
