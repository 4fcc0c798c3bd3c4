// Built with AddressSanitizer, a use after free inside a pool is reported where it happens.
#include <cstddef>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/fixed_pool.hpp>

#include "support/aborts.hpp"

namespace cenote::test {

struct Record {
  char bytes[64];
};

template <class Sync>
class AnnotatedPoolDeathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!annotate::kActive) GTEST_SKIP() << "blocks are annotated in builds with AddressSanitizer only";
  }
};
using Policies = ::testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(AnnotatedPoolDeathTest, Policies);

TYPED_TEST(AnnotatedPoolDeathTest, ReadingAFreedObjectIsReported) {
  FixedPool<Record, TypeParam> pool{{.capacity = 10}};
  Record* const record = pool.allocate();
  record->bytes[3] = 1;
  pool.deallocate(record);
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile char*>(&record->bytes[3])), "use-after-poison");
}

TYPED_TEST(AnnotatedPoolDeathTest, WritingToABlockGivenBackWithOthersIsReported) {
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 10}};
  Block blocks[3];
  ASSERT_EQ(pool.try_allocate_many(blocks), 3U);
  pool.deallocate_many(blocks);
  EXPECT_DEATH(static_cast<void>(*static_cast<volatile std::byte*>(&blocks[1][99]) = std::byte{1}),
               "use-after-poison");
}

TYPED_TEST(AnnotatedPoolDeathTest, ABlockHandedOutAgainMayBeTouched) {
  BlockPool<TypeParam> pool{{.block_size = 100, .capacity = 2}};
  pool.deallocate(pool.allocate());
  for (std::byte& byte : pool.allocate()) byte = std::byte{1};
}

TYPED_TEST(AnnotatedPoolDeathTest, MemoryOfADeadPoolMayBeMappedAndTouchedAgain) {
  for (int i = 0; i < 50; ++i) {
    FixedPool<Record, TypeParam> pool{{.capacity = 100}};
    Record* records[100];
    ASSERT_EQ(pool.try_allocate_many(records), 100U);
    for (Record* const record : records) record->bytes[0] = 1;
    pool.deallocate_many(records);
  }
}

}  // namespace cenote::test
