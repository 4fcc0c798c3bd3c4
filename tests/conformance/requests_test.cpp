#include <cstdint>
#include <limits>
#include <vector>

#include <cenote/detail/bits.hpp>

#include "conformance/subjects.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(PoolConformance, AllPools);

constexpr std::size_t kSizeMax = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kTooLarge = std::size_t{PTRDIFF_MAX} + 1;

TYPED_TEST(PoolConformance, BlocksAreAlignedToSixteenByDefault) {
  for (const std::size_t size : edge_sizes()) {
    void* const block = this->pool.allocate(size);
    EXPECT_TRUE(is_aligned(block, 16)) << size;
    this->pool.deallocate(block);
  }
}

TYPED_TEST(PoolConformance, EveryPowerOfTwoUpTo2MiBIsServedAsAlignment) {
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    std::vector<void*> blocks;
    for (const std::size_t size : {std::size_t{1}, std::size_t{24}, std::size_t{100}, alignment - 1,
                                   alignment, alignment + 1, 3 * alignment, 70 * kKiB, 2 * kMiB}) {
      if (size == 0) continue;
      blocks.push_back(this->pool.allocate(size, alignment));
      EXPECT_TRUE(is_aligned(blocks.back(), alignment)) << size << " at " << alignment;
      EXPECT_GE(this->pool.usable_size(blocks.back()), size);
    }
    for (void* const block : blocks) this->pool.deallocate(block);
  }
}

TYPED_TEST(PoolConformance, ARequestForNothingIsZeroSize) {
  EXPECT_EQ(this->pool.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(this->pool.try_allocate_zeroed(0, 8).error(), AllocError::zero_size);
  EXPECT_EQ(this->pool.try_allocate_zeroed(8, 0).error(), AllocError::zero_size);
  EXPECT_THROW(static_cast<void>(this->pool.allocate(0)), AllocFailure);
}

TYPED_TEST(PoolConformance, MoreThanAPointerCanSpanIsTooLarge) {
  for (const std::size_t size : {kTooLarge, kSizeMax - 4096, kSizeMax - 1, kSizeMax}) {
    EXPECT_EQ(this->pool.try_allocate(size).error(), AllocError::too_large) << size;
    EXPECT_EQ(this->pool.try_allocate(size, 4096).error(), AllocError::too_large) << size;
    EXPECT_EQ(this->pool.try_reallocate(nullptr, size).error(), AllocError::too_large) << size;
  }
}

TYPED_TEST(PoolConformance, AnArrayThatOverflowsIsTooLarge) {
  EXPECT_EQ(this->pool.try_allocate_zeroed(kSizeMax, 2).error(), AllocError::too_large);
  EXPECT_EQ(this->pool.try_allocate_zeroed(kSizeMax / 2 + 2, 2).error(), AllocError::too_large);
  EXPECT_EQ(this->pool.try_allocate_zeroed(kRootOfSizes, kRootOfSizes).error(), AllocError::too_large);
}

TYPED_TEST(PoolConformance, WhatTheSystemCannotGiveIsAnErrorAndNoBlock) {
  if (anything_can_be_had()) GTEST_SKIP() << "no size is certain to be refused to a 32-bit program";
  const Result<void*> block = this->pool.try_allocate(std::size_t{PTRDIFF_MAX});
  ASSERT_FALSE(block);
  EXPECT_TRUE(block.error() == AllocError::out_of_memory || block.error() == AllocError::too_large);
}

TYPED_TEST(PoolConformance, AnAlignmentThatIsNoPowerOfTwoOrHugeIsBad) {
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{24}, kSizeMax, top_power(1), top_power()}) {
    EXPECT_EQ(this->pool.try_allocate(64, alignment).error(), AllocError::bad_alignment) << alignment;
    EXPECT_EQ(this->pool.try_allocate(3 * kMiB, alignment).error(), AllocError::bad_alignment) << alignment;
  }
}

TYPED_TEST(PoolConformance, ThePlainFormsThrowTheErrorOfTheirTwins) {
  try {
    static_cast<void>(this->pool.allocate(kTooLarge));
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::too_large);
  }
  EXPECT_THROW(static_cast<void>(this->pool.reallocate(nullptr, kTooLarge)), std::bad_alloc);
}

}  // namespace cenote::test
