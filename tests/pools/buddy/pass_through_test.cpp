// A buddy allocator in pass-through mode gives blocks of malloc's and keeps every other promise, the room it
// has among them.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>

#include "support/fake_memory.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

TEST(PassedBuddy, BlocksAreAsLargeAndAsAlignedAsAskedForAndNoLarger) {
  BuddyAllocator pool{{.bytes = 4 * kMiB, .pass_through = true}};
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{100}, std::size_t{50'000}, std::size_t{3'000'000}}) {
    for (const std::size_t alignment : {std::size_t{1}, std::size_t{64}, std::size_t{8192}}) {
      void* const block = pool.allocate(size, alignment);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
      EXPECT_EQ(pool.usable_size(block), size);
      EXPECT_TRUE(pool.owns(static_cast<std::byte*>(block) + size - 1));
      EXPECT_FALSE(pool.owns(static_cast<std::byte*>(block) + size));
      std::memset(block, 1, size);
      pool.deallocate(block, size);
      EXPECT_FALSE(pool.owns(block));
      EXPECT_EQ(pool.usable_size(block), 0U);
    }
  }
  pool.check_invariants();
  EXPECT_EQ(pool.stats().allocations, 12U);
  EXPECT_EQ(pool.stats().in_use, 0U);
}

TEST(PassedBuddy, HasTheRoomThatItWouldHave) {
  BuddyAllocator pool{{.bytes = 16 * 4096, .pass_through = true}};
  std::vector<void*> blocks;
  while (const Result<void*> block = pool.try_allocate(4096)) blocks.push_back(*block);
  EXPECT_EQ(blocks.size(), 16U);
  EXPECT_EQ(pool.try_allocate(1).error(), AllocError::exhausted);
  EXPECT_EQ(pool.largest_free(), 0U);
  for (void* const block : blocks) pool.deallocate(block);
  EXPECT_EQ(pool.largest_free(), 16U * 4096);
  EXPECT_EQ(pool.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(pool.try_allocate(8, 3).error(), AllocError::bad_alignment);
  EXPECT_EQ(pool.try_allocate(SIZE_MAX / 2).error(), AllocError::too_large);
}

TEST(PassedBuddy, FindsWrongFreesAndReportsLeaks) {
  MisuseRecorder misuse;
  LeakRecorder leaks;
  {
    BuddyAllocator pool{{.bytes = kMiB, .name = "passed", .pass_through = true}};
    void* const block = pool.allocate(5000);
    pool.deallocate(block, 4096);
    EXPECT_EQ(pool.try_deallocate(static_cast<std::byte*>(block) + 16).error(), AllocError::foreign_block);
    int on_stack = 0;
    EXPECT_EQ(pool.try_deallocate(&on_stack).error(), AllocError::foreign_block);
    pool.deallocate(block, 5000);
    pool.deallocate(block);
    static_cast<void>(pool.allocate(8));
  }
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(records[1].error, AllocError::double_free);
  EXPECT_EQ(leaks.take().size(), 1U);
}

TEST(PassedBuddy, OfTwoThreadsThatFreeABlockOneIsTold) {
  BuddyAllocator pool{{.bytes = kMiB, .pass_through = true}};
  for (int round = 0; round < 200; ++round) {
    void* const block = pool.allocate(4096);
    std::atomic<int> told{0};
    std::thread other{[&] { told += pool.try_deallocate(block) ? 0 : 1; }};
    told += pool.try_deallocate(block) ? 0 : 1;
    other.join();
    EXPECT_EQ(told.load(), 1);
  }
  EXPECT_EQ(pool.stats().in_use, 0U);
  pool.check_invariants();
}

TEST(PassedBuddy, SurvivesWhateverCallTheSystemRefuses) {
  for (std::size_t call = 0;; ++call) {
    FakeMemory memory;
    memory.fail_after(call, 1);
    {
      Result<BuddyAllocator> pool =
          BuddyAllocator::create({.bytes = 64 * kMiB, .pass_through = true}, memory);
      if (pool) {
        std::vector<void*> blocks;
        for (int i = 0; i < 2000; ++i) {
          if (const Result<void*> block = pool->try_allocate(64)) blocks.push_back(*block);
        }
        EXPECT_GE(blocks.size(), 2000 - memory.refusals())
            << "a refusal costs more than the call that met it";
        EXPECT_EQ(pool->stats().in_use, blocks.size());
        for (void* const block : blocks) pool->deallocate(block);
        EXPECT_EQ(pool->largest_free(), 64 * kMiB);
      }
    }
    EXPECT_EQ(memory.held(), 0U);
    if (!memory.fired()) break;
  }
}

}  // namespace
}  // namespace cenote::test
