// Every error by name, and that it leaves the allocator as it was.
#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>

#include "support/misuse_recorder.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kSizeMax = std::numeric_limits<std::size_t>::max();

std::string what_of(const BuddyOptions& options) {
  try {
    const BuddyAllocator pool{options};
    return "no error";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(BuddyAllocator::create(options).error(), failure.error());
    return failure.what();
  }
}

TEST(BuddyErrors, ABadOptionIsNamed) {
  EXPECT_EQ(what_of({.bytes = 0}).find("bad_option: bytes "), 0U);
  EXPECT_EQ(what_of({.bytes = 4095}).find("bad_option: bytes "), 0U);
  EXPECT_EQ(what_of({.bytes = kMiB, .block_min = 2 * kMiB}).find("bad_option: bytes "), 0U);
  for (const std::size_t block_min :
       {std::size_t{0}, std::size_t{8}, std::size_t{24}, std::size_t{4095}, kSizeMax}) {
    EXPECT_EQ(what_of({.bytes = kMiB, .block_min = block_min}).find("bad_option: block_min "), 0U)
        << block_min;
  }
  if (sizeof(std::size_t) == 8) {  // else no allocator has too many blocks
    EXPECT_EQ(what_of({.bytes = top_power(23), .block_min = 16}).find("bad_option: block_min "), 0U);
  }
}

TEST(BuddyErrors, ANodeThatIsNotThereIsABadOption) {
  for (const int node : {-2, 63, 64, 1'000'000})
    EXPECT_EQ(what_of({.bytes = kMiB, .numa_node = node}).find("bad_option: numa_node "), 0U) << node;
}

TEST(BuddyErrors, MoreThanAnySystemHasIsTooLarge) {
  EXPECT_EQ(BuddyAllocator::create({.bytes = kSizeMax}).error(), AllocError::too_large);
  EXPECT_EQ(BuddyAllocator::create({.bytes = kSizeMax, .block_min = kSizeMax / 2 + 1}).error(),
            AllocError::too_large);
}

TEST(BuddyErrors, ARequestForNothingIsZeroSize) {
  BuddyAllocator pool{{.bytes = kMiB}};
  EXPECT_EQ(pool.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(pool.try_allocate(0, 3).error(), AllocError::zero_size);
}

TEST(BuddyErrors, AnAlignmentThatIsNoPowerOfTwoOrAboveTheMemoryIsBad) {
  BuddyAllocator pool{{.bytes = 3 * kMiB}};
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{48}, 4 * kMiB, top_power(), kSizeMax}) {
    EXPECT_EQ(pool.try_allocate(100, alignment).error(), AllocError::bad_alignment) << alignment;
    EXPECT_EQ(pool.try_allocate(kSizeMax, alignment).error(), AllocError::bad_alignment) << alignment;
  }
  EXPECT_TRUE(pool.try_deallocate(pool.try_allocate(100, 2 * kMiB).value()));
}

TEST(BuddyErrors, MoreThanTheLargestBlockIsTooLarge) {
  BuddyAllocator pool{{.bytes = 3 * kMiB}};
  for (const std::size_t size :
       {2 * kMiB + 1, 3 * kMiB, kSizeMax / 2 + 1, kSizeMax / 2 + 2, kSizeMax - 1, kSizeMax}) {
    EXPECT_EQ(pool.try_allocate(size).error(), AllocError::too_large) << size;
    EXPECT_EQ(pool.try_allocate(size, 4096).error(), AllocError::too_large) << size;
  }
}

TEST(BuddyErrors, NoFreeBlockThatIsLargeEnoughIsExhaustedUntilOneComesBack) {
  BuddyAllocator pool{{.bytes = 3 * kMiB}};
  void* const large = pool.allocate(2 * kMiB);
  EXPECT_EQ(pool.try_allocate(2 * kMiB).error(), AllocError::exhausted);
  void* const rest = pool.allocate(kMiB);
  EXPECT_EQ(pool.try_allocate(1).error(), AllocError::exhausted);
  pool.deallocate(large);
  EXPECT_TRUE(pool.try_deallocate(pool.try_allocate(2 * kMiB).value()));
  pool.deallocate(rest);
  EXPECT_EQ(pool.stats().failures, 2U);
}

TEST(BuddyErrors, ThePlainFormThrowsTheErrorOfItsTwin) {
  BuddyAllocator pool{{.bytes = kMiB}};
  const auto error_of = [&](std::size_t size, std::size_t alignment) {
    try {
      static_cast<void>(pool.allocate(size, alignment));
      return AllocError{};
    } catch (const AllocFailure& failure) {
      return failure.error();
    }
  };
  EXPECT_EQ(error_of(0, 16), AllocError::zero_size);
  EXPECT_EQ(error_of(1, 7), AllocError::bad_alignment);
  EXPECT_EQ(error_of(2 * kMiB, 16), AllocError::too_large);
  void* const all = pool.allocate(kMiB);
  EXPECT_EQ(error_of(1, 16), AllocError::exhausted);
  pool.deallocate(all);
}

// --- wrong frees -------------------------------------------------------------------------------------------

class BuddyMisuse : public testing::Test {
 protected:
  ~BuddyMisuse() override { pool.check_invariants(); }

  AllocError error_of(const void* block) {
    const Result<void> done = pool.try_deallocate(const_cast<void*>(block));
    return done ? AllocError{} : done.error();
  }

  BuddyAllocator pool{{.bytes = kMiB, .block_min = 256, .name = "misused"}};
};

TEST_F(BuddyMisuse, FreeingNothingIsRight) {
  const MisuseRecorder recorder;
  pool.deallocate(nullptr);
  pool.deallocate(nullptr, 10);
  EXPECT_TRUE(pool.try_deallocate(nullptr));
  EXPECT_TRUE(pool.try_deallocate(nullptr, 10));
}

TEST_F(BuddyMisuse, WhatItNeverHadIsForeign) {
  BuddyAllocator other{{.bytes = kMiB}};
  void* const theirs = other.allocate(1);
  int on_stack = 0;
  EXPECT_EQ(error_of(&on_stack), AllocError::foreign_block);
  EXPECT_EQ(error_of(theirs), AllocError::foreign_block);
  EXPECT_EQ(error_of(reinterpret_cast<void*>(std::uintptr_t{16})), AllocError::foreign_block);
  EXPECT_EQ(error_of(reinterpret_cast<void*>(~std::uintptr_t{15})), AllocError::foreign_block);
  auto* const block = static_cast<std::byte*>(pool.allocate(kMiB));
  EXPECT_EQ(error_of(block + kMiB), AllocError::foreign_block);
  EXPECT_EQ(error_of(block - 256), AllocError::foreign_block);
  EXPECT_EQ(error_of(block), AllocError{});
  other.deallocate(theirs);
}

TEST_F(BuddyMisuse, APointerIntoABlockIsForeign) {
  auto* const block = static_cast<std::byte*>(pool.allocate(64 * kKiB));
  for (const std::size_t offset : {std::size_t{1}, std::size_t{16}, std::size_t{255}, std::size_t{256},
                                   std::size_t{512}, 32 * kKiB, 64 * kKiB - 256, 64 * kKiB - 1}) {
    EXPECT_EQ(error_of(block + offset), AllocError::foreign_block) << offset;
  }
  EXPECT_EQ(error_of(block), AllocError{});
}

TEST_F(BuddyMisuse, ASecondFreeIsADoubleFreeWhereverTheBlockIs) {
  void* const block = pool.allocate(256);
  pool.deallocate(block);
  EXPECT_EQ(error_of(block), AllocError::double_free) << "on the shelf";
  pool.check_invariants();  // joins
  EXPECT_EQ(error_of(block), AllocError::double_free) << "joined with its buddies";
  pool.trim();
  EXPECT_EQ(error_of(block), AllocError::double_free) << "trimmed";
}

TEST_F(BuddyMisuse, ABlockJoinedToOneThatIsInUseIsAPointerIntoIt) {
  auto* const upper = static_cast<std::byte*>(pool.allocate(256)) + 256;
  ASSERT_EQ(pool.allocate(256), upper);
  pool.deallocate(upper - 256);
  pool.deallocate(upper);
  void* const large = pool.allocate(kMiB);
  EXPECT_EQ(error_of(upper), AllocError::foreign_block);
  EXPECT_EQ(error_of(large), AllocError{});
}

TEST_F(BuddyMisuse, BlocksNeverHandedOutAreFreeAlready) {
  auto* const block = static_cast<std::byte*>(pool.allocate(256));
  EXPECT_EQ(error_of(block + 256), AllocError::double_free);
  EXPECT_EQ(error_of(block + 64 * kKiB), AllocError::double_free);
  EXPECT_EQ(error_of(block + 64 * kKiB + 16), AllocError::foreign_block) << "no block starts there";
  EXPECT_EQ(error_of(block), AllocError{});
}

TEST_F(BuddyMisuse, AWrongSizeIsAMismatchAndTheBlockStays) {
  void* const block = pool.allocate(1000);  // has 1024
  for (const std::size_t wrong : {std::size_t{0}, std::size_t{1}, std::size_t{512}, std::size_t{1025},
                                  std::size_t{4096}, kMiB, kSizeMax - 1, kSizeMax}) {
    EXPECT_EQ(pool.try_deallocate(block, wrong).error(), AllocError::size_mismatch) << wrong;
  }
  EXPECT_EQ(pool.usable_size(block), 1024U);
  EXPECT_TRUE(pool.try_deallocate(block, 513)) << "was given the same block";
}

TEST_F(BuddyMisuse, TheSizeAskedForIsRightAtAnyAlignment) {
  for (std::size_t alignment = 1; alignment <= kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{256}, std::size_t{257}, std::size_t{5000}}) {
      EXPECT_TRUE(pool.try_deallocate(pool.allocate(size, alignment), size)) << size << " at " << alignment;
    }
  }
  void* const aligned = pool.allocate(100, 64 * kKiB);
  EXPECT_EQ(pool.try_deallocate(aligned, 64 * kKiB + 1).error(), AllocError::size_mismatch);
  EXPECT_EQ(pool.try_deallocate(aligned, 0).error(), AllocError::size_mismatch);
  EXPECT_TRUE(pool.try_deallocate(aligned, 100));
}

TEST_F(BuddyMisuse, AWrongFreeReachesTheHandlerWithErrorAddressAndName) {
  MisuseRecorder recorder;
  int on_stack = 0;
  void* const block = pool.allocate(1000);
  pool.deallocate(&on_stack);
  pool.deallocate(block, 100);
  pool.deallocate(block, 1000);
  pool.deallocate(block);
  pool.deallocate(block, 1000);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 4U);
  const std::array errors{AllocError::foreign_block, AllocError::size_mismatch, AllocError::double_free,
                          AllocError::double_free};
  for (std::size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(records[i].error, errors[i]);
    EXPECT_EQ(records[i].address, i == 0 ? static_cast<void*>(&on_stack) : block);
    EXPECT_EQ(records[i].pool, "misused");
  }
}

TEST_F(BuddyMisuse, ANamelessAllocatorHasAnEmptyName) {
  MisuseRecorder recorder;
  BuddyAllocator nameless{{.bytes = kMiB}};
  nameless.deallocate(&recorder);
  EXPECT_EQ(recorder.take().at(0).pool, "");
}

}  // namespace
}  // namespace cenote::test
