// Built with AddressSanitizer, a use after free inside a buddy allocator is reported where it happens.
#include <cstddef>
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/annotate.hpp>

#include "support/aborts.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

class AnnotatedBuddyDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!annotate::kActive) GTEST_SKIP() << "blocks are annotated in builds with AddressSanitizer only";
  }
  static void touch(const void* address) { static_cast<void>(*static_cast<const volatile char*>(address)); }

  BuddyAllocator pool{{.bytes = kMiB, .block_min = 64}};
};

TEST_F(AnnotatedBuddyDeathTest, ReadingAFreedBlockIsReported) {
  auto* const block = static_cast<std::byte*>(pool.allocate(1000));
  pool.deallocate(block);
  EXPECT_DEATH(touch(block + 999), "use-after-poison");
  static_cast<void>(pool.largest_free());
  EXPECT_DEATH(touch(block), "use-after-poison") << "joined";
}

TEST_F(AnnotatedBuddyDeathTest, RunningIntoAFreeBuddyIsReported) {
  auto* const block = static_cast<std::byte*>(pool.allocate(64));
  EXPECT_DEATH(touch(block + 64), "use-after-poison") << "never handed out";
  pool.deallocate(block);
}

TEST_F(AnnotatedBuddyDeathTest, AllUsableBytesOfABlockMayBeTouched) {
  for (int round = 0; round < 3; ++round) {
    void* const block = pool.allocate(600);
    std::memset(block, 1, pool.usable_size(block));
    pool.deallocate(block);
    void* const all = pool.allocate(kMiB);
    std::memset(all, 2, kMiB);
    pool.deallocate(all);
    static_cast<void>(pool.trim());
  }
}

TEST_F(AnnotatedBuddyDeathTest, AWrongFreeForbidsNothing) {
  auto* const block = static_cast<std::byte*>(pool.allocate(1000));
  EXPECT_FALSE(pool.try_deallocate(block + 64));
  EXPECT_FALSE(pool.try_deallocate(block, 100));
  touch(block);
  touch(block + 64);
  pool.deallocate(block);
}

TEST_F(AnnotatedBuddyDeathTest, MemoryOfADeadAllocatorMayBeMappedAndTouchedAgain) {
  for (int i = 0; i < 50; ++i) {
    BuddyAllocator next{{.bytes = kMiB}};
    void* const all = next.allocate(kMiB);
    std::memset(all, i, kMiB);
    next.deallocate(all);
  }
}

}  // namespace cenote::test
