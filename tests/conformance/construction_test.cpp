/// Every pool, arena and heap is constructed by braces, with and without options.
#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

namespace cenote::test {
namespace {

template <class Pool>
class WithOptionalOptions : public testing::Test {};

using OptionalOptions = testing::Types<Heap, PoolManager, SlabAllocator, Arena, ConcurrentArena, EpochDomain>;
TYPED_TEST_SUITE(WithOptionalOptions, OptionalOptions);

TYPED_TEST(WithOptionalOptions, EmptyBracesAreTheDefaults) {
  TypeParam none{};
  TypeParam empty{{}};
  TypeParam named{{.name = "named"}};
}

template <class Pool>
class WithRequiredOptions : public testing::Test {};

using RequiredOptions =
    testing::Types<FixedPool<int>, BlockPool<>, BuddyAllocator, NumaPool, MovablePool<int>>;
TYPED_TEST_SUITE(WithRequiredOptions, RequiredOptions);

TYPED_TEST(WithRequiredOptions, EmptyBracesAreBadOptions) {
  try {
    TypeParam pool{{}};
    FAIL() << "constructed";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::bad_option);
  }
}

}  // namespace
}  // namespace cenote::test
