#include <random>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>

namespace cenote {
namespace {

TEST(Bits, AlignUpAndDownBracketTheValue) {
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 2) {
    for (std::size_t value = 0; value < 9000; value += 7) {
      const std::size_t up = align_up(value, alignment);
      const std::size_t down = align_down(value, alignment);
      EXPECT_TRUE(up % alignment == 0 && up >= value && up - value < alignment);
      EXPECT_TRUE(down % alignment == 0 && down <= value && value - down < alignment);
    }
  }
}

TEST(Bits, CeilDivRoundsUp) {
  EXPECT_EQ(ceil_div(0, 7), 0U);
  EXPECT_EQ(ceil_div(7, 7), 1U);
  EXPECT_EQ(ceil_div(8, 7), 2U);
  EXPECT_EQ(ceil_div(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
}

TEST(Bits, ABitRunHasItsLengthAndPlace) {
  for (unsigned first = 0; first < 64; ++first) {
    for (unsigned count = 1; count + first <= 64; ++count) {
      const std::uint64_t run = bit_run(first, count);
      EXPECT_EQ(std::popcount(run), static_cast<int>(count));
      EXPECT_EQ(std::countr_zero(run), static_cast<int>(first));
    }
  }
  EXPECT_EQ(bit_run(5, 0), 0U);
}

unsigned slow_find_run(std::uint64_t mask, unsigned count) {
  for (unsigned first = 0; first + count <= 64; ++first) {
    if ((mask & bit_run(first, count)) == bit_run(first, count)) return first;
  }
  return 64;
}

TEST(Bits, FindRunAndLongestRunAgreeWithASlowSearch) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 500; ++i) {
    const std::uint64_t mask = i % 2 == 0 ? random() : random() | random() | random();
    unsigned longest = 0;
    for (unsigned count = 1; count <= 64; ++count) {
      ASSERT_EQ(find_run(mask, count), slow_find_run(mask, count)) << mask << ' ' << count;
      if (slow_find_run(mask, count) < 64) longest = count;
    }
    ASSERT_EQ(longest_run(mask), longest) << mask;
  }
}

TEST(Bits, AlignmentOfAnAddressIsItsLowBits) {
  alignas(64) char bytes[64] = {};
  EXPECT_TRUE(is_aligned(bytes, 64));
  EXPECT_FALSE(is_aligned(bytes + 8, 16));
  EXPECT_TRUE(is_aligned(bytes + 8, 8));
}

}  // namespace
}  // namespace cenote
