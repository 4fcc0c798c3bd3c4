// What every pool of mixed sizes promises, of buddy allocators cut in several ways.
#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>
#include <cenote/detail/bits.hpp>

#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"
#include "support/threads.hpp"

namespace cenote::test {
namespace {

/// Pages, as a buddy's blocks mostly are; crumbs; memory that is no power of two; huge pages.
struct OfPages {
  static constexpr BuddyOptions options{.bytes = 64 * kMiB, .name = "subject"};
};
struct OfCrumbs {
  static constexpr BuddyOptions options{.bytes = 32 * kMiB, .block_min = 16, .name = "subject"};
};
struct OfOddBytes {
  static constexpr BuddyOptions options{.bytes = 53 * kMiB + 12'345, .block_min = 256, .name = "subject"};
};
struct OfHugePages {
  static constexpr BuddyOptions options{
      .bytes = 64 * kMiB, .block_min = 1024, .pages = PageKind::transparent_huge, .name = "subject"};
};

template <class Subject>
class BuddyConformance : public testing::Test {
 protected:
  ~BuddyConformance() override { pool.check_invariants(); }

  BuddyAllocator pool{Subject::options};
};
using Subjects = testing::Types<OfPages, OfCrumbs, OfOddBytes, OfHugePages>;
TYPED_TEST_SUITE(BuddyConformance, Subjects);

constexpr std::size_t kSizeMax = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kTooLarge = std::size_t{PTRDIFF_MAX} + 1;
constexpr std::array kKindsOfSize{std::size_t{24}, 5 * kKiB, 40 * kKiB, 100 * kKiB, 2 * kMiB};

void expect_unharmed(BuddyAllocator& pool) {
  for (const std::size_t size : kKindsOfSize) {
    void* const first = pool.allocate(size);
    void* const second = pool.allocate(size);
    ASSERT_NE(first, second);
    fill_pattern(first, size, 1);
    fill_pattern(second, size, 2);
    EXPECT_TRUE(holds_pattern(first, size, 1));
    EXPECT_TRUE(pool.try_deallocate(first));
    EXPECT_TRUE(holds_pattern(second, size, 2));
    EXPECT_TRUE(pool.try_deallocate(second));
  }
}

TYPED_TEST(BuddyConformance, BlocksAreAlignedToSixteenByDefault) {
  for (const std::size_t size : edge_sizes()) {
    void* const block = this->pool.allocate(size);
    EXPECT_TRUE(is_aligned(block, 16)) << size;
    this->pool.deallocate(block);
  }
}

TYPED_TEST(BuddyConformance, EveryPowerOfTwoUpTo2MiBIsServedAsAlignment) {
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    std::vector<void*> blocks;
    for (const std::size_t size : {std::size_t{1}, std::size_t{24}, std::size_t{100}, alignment,
                                   alignment + 1, 3 * alignment, 70 * kKiB, 2 * kMiB}) {
      blocks.push_back(this->pool.allocate(size, alignment));
      EXPECT_TRUE(is_aligned(blocks.back(), alignment)) << size << " at " << alignment;
      EXPECT_GE(this->pool.usable_size(blocks.back()), size);
    }
    for (void* const block : blocks) this->pool.deallocate(block);
  }
}

TYPED_TEST(BuddyConformance, WhatMakesNoSenseIsATypedError) {
  EXPECT_EQ(this->pool.try_allocate(0).error(), AllocError::zero_size);
  for (const std::size_t size : {kTooLarge, kSizeMax - 4096, kSizeMax - 1, kSizeMax, 64 * kMiB + 1}) {
    EXPECT_EQ(this->pool.try_allocate(size).error(), AllocError::too_large) << size;
    EXPECT_EQ(this->pool.try_allocate(size, 4096).error(), AllocError::too_large) << size;
  }
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{24}, kSizeMax, top_power(1), top_power()}) {
    EXPECT_EQ(this->pool.try_allocate(64, alignment).error(), AllocError::bad_alignment) << alignment;
  }
  EXPECT_THROW(static_cast<void>(this->pool.allocate(0)), AllocFailure);
}

TYPED_TEST(BuddyConformance, NoBlockOverlapsAnotherOverAllItsUsableBytes) {
  struct Held {
    void* block;
    std::size_t bytes;
  };
  std::vector<Held> held;
  for (const std::size_t size : edge_sizes(256 * kKiB)) {
    void* const block = this->pool.allocate(size);
    const std::size_t usable = this->pool.usable_size(block);
    ASSERT_GE(usable, size);
    fill_pattern(block, usable, held.size());
    held.push_back({block, usable});
  }
  for (std::size_t i = 0; i < held.size(); ++i) EXPECT_TRUE(holds_pattern(held[i].block, held[i].bytes, i));
  for (const Held& h : held) this->pool.deallocate(h.block);
}

TYPED_TEST(BuddyConformance, AfterExhaustionAllCanBeHadAgain) {
  for (const std::size_t size : {5 * kKiB, 100 * kKiB, 2 * kMiB}) {
    std::size_t first_time = 0;
    for (int round = 0; round < 3; ++round) {
      std::vector<void*> blocks;
      Result<void*> block = this->pool.try_allocate(size);
      for (; block; block = this->pool.try_allocate(size)) blocks.push_back(*block);
      EXPECT_EQ(block.error(), AllocError::exhausted);
      if (round == 0) first_time = blocks.size();
      EXPECT_EQ(blocks.size(), first_time) << size;
      for (void* const b : blocks) this->pool.deallocate(b);
    }
  }
}

TYPED_TEST(BuddyConformance, EveryWrongFreeIsFoundOnAnyThread) {
  int on_stack = 0;
  BuddyAllocator other{{.bytes = 4 * kMiB}};
  for (const std::size_t size : kKindsOfSize) {
    auto* const block = static_cast<std::byte*>(this->pool.allocate(size));
    void* const theirs = other.allocate(size);
    const auto error_of = [&](void* wrong) {
      AllocError error{};
      Thread{[&] { error = this->pool.try_deallocate(wrong).error(); }}.join();
      return error;
    };
    EXPECT_EQ(error_of(&on_stack), AllocError::foreign_block);
    EXPECT_EQ(error_of(theirs), AllocError::foreign_block);
    EXPECT_EQ(error_of(block + 1), AllocError::foreign_block);
    EXPECT_EQ(error_of(block + size / 2), AllocError::foreign_block);
    EXPECT_TRUE(this->pool.try_deallocate(block));
    EXPECT_EQ(error_of(block), AllocError::double_free);
    EXPECT_EQ(error_of(block), AllocError::double_free);
    other.deallocate(theirs);
  }
  expect_unharmed(this->pool);
}

TYPED_TEST(BuddyConformance, AWrongSizeReachesTheHandlerAndTheBlockStays) {
  MisuseRecorder recorder;
  for (const std::size_t size : {5 * kKiB, 100 * kKiB, 2 * kMiB}) {
    void* const block = this->pool.allocate(size);
    for (const std::size_t wrong : {size * 2, size / 4, std::size_t{0}, kSizeMax}) {
      this->pool.deallocate(block, wrong);
      const auto records = recorder.take();
      ASSERT_EQ(records.size(), 1U) << size << " as " << wrong;
      EXPECT_EQ(records[0].error, AllocError::size_mismatch);
      EXPECT_EQ(records[0].address, block);
      EXPECT_EQ(records[0].pool, "subject");
    }
    this->pool.deallocate(block, size);
    EXPECT_TRUE(recorder.take().empty());
  }
}

TYPED_TEST(BuddyConformance, TheSizeAskedForIsAlwaysRightAtAnyAlignment) {
  const MisuseRecorder recorder;
  for (const std::size_t size : edge_sizes())
    EXPECT_TRUE(this->pool.try_deallocate(this->pool.allocate(size), size));
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, std::size_t{100}, 3 * kKiB + 1, 70 * kKiB, 2 * kMiB}) {
      EXPECT_TRUE(this->pool.try_deallocate(this->pool.allocate(size, alignment), size));
    }
  }
}

TYPED_TEST(BuddyConformance, StatisticsAddUp) {
  std::vector<void*> blocks;
  for (const std::size_t size : kKindsOfSize) blocks.push_back(this->pool.allocate(size));
  BuddyStats stats = this->pool.stats();
  EXPECT_EQ(stats.in_use, blocks.size());
  EXPECT_EQ(stats.free_bytes + stats.bytes_in_use, stats.bytes);
  EXPECT_EQ(stats.allocations, blocks.size());
  EXPECT_GE(stats.peak_bytes_in_use, stats.bytes_in_use);
  for (void* const block : blocks) this->pool.deallocate(block);
  stats = this->pool.stats();
  EXPECT_EQ(stats.in_use, 0U);
  EXPECT_EQ(stats.free_bytes, stats.bytes);
  EXPECT_EQ(stats.deallocations, blocks.size());
  EXPECT_EQ(stats.external_fragmentation(), 0.0);
}

}  // namespace
}  // namespace cenote::test
