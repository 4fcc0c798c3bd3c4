// A slab allocator in pass-through mode gives blocks of malloc's and keeps every other promise.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/slab_allocator.hpp>

#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

TEST(PassedSlab, BlocksAreAsLargeAndAsAlignedAsAskedForAndNoLarger) {
  SlabAllocator slabs{{.pass_through = true}};
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{100}, std::size_t{50'000}, std::size_t{3'000'000}}) {
    for (const std::size_t alignment : {std::size_t{1}, std::size_t{64}, std::size_t{8192}}) {
      void* const block = slabs.allocate(size, alignment);
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
      EXPECT_EQ(slabs.usable_size(block), size);
      EXPECT_TRUE(slabs.owns(static_cast<std::byte*>(block) + size - 1));
      EXPECT_FALSE(slabs.owns(static_cast<std::byte*>(block) + size));
      std::memset(block, 1, size);
      slabs.deallocate(block, size);
      EXPECT_FALSE(slabs.owns(block));
    }
  }
  slabs.check_invariants();
  EXPECT_EQ(slabs.stats().allocations, 12U);
  EXPECT_EQ(slabs.stats().bytes_held, 0U);
}

TEST(PassedSlab, ItsLimitHoldsAndItsErrorsAreTheSame) {
  SlabAllocator slabs{{.limit_bytes = 1000, .pass_through = true}};
  void* const block = slabs.allocate(900);
  EXPECT_EQ(slabs.try_allocate(101).error(), AllocError::limit_reached);
  EXPECT_EQ(slabs.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(slabs.try_allocate(8, 3).error(), AllocError::bad_alignment);
  EXPECT_EQ(slabs.try_allocate(SIZE_MAX).error(), AllocError::too_large);
  slabs.deallocate(slabs.allocate(100));
  EXPECT_EQ(slabs.stats().large_blocks, 1U);
  slabs.deallocate(block);
}

TEST(PassedSlab, FindsWrongFreesAndReportsLeaks) {
  MisuseRecorder misuse;
  LeakRecorder leaks;
  {
    SlabAllocator slabs{{.name = "passed", .pass_through = true}};
    void* const block = slabs.allocate(100);
    slabs.deallocate(block, 99);
    EXPECT_EQ(slabs.try_deallocate(static_cast<std::byte*>(block) + 16).error(), AllocError::foreign_block);
    slabs.deallocate(block);
    slabs.deallocate(block);
    static_cast<void>(slabs.allocate(8));
  }
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(records[1].error, AllocError::double_free);
  EXPECT_EQ(leaks.take().size(), 1U);
}

}  // namespace
}  // namespace cenote::test
