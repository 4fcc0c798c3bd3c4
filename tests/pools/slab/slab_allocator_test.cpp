#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/pages/backing.hpp"
#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

TEST(SlabAllocator, EveryRequestGetsABlockOfItsOwnThatHoldsIt) {
  for (const SizeClasses scheme : {SizeClasses::halves, SizeClasses::quarters}) {
    SlabAllocator slabs{{.classes = scheme}};
    std::vector<std::pair<void*, std::size_t>> held;
    for (const std::size_t size : edge_sizes()) {
      for (int i = 0; i < 3; ++i) {
        held.emplace_back(slabs.allocate(size), size);
        EXPECT_TRUE(is_aligned(held.back().first, 16)) << size;
        EXPECT_GE(slabs.usable_size(held.back().first), size);
        fill_pattern(held.back().first, size, held.size());
      }
    }
    slabs.check_invariants();
    for (std::size_t i = 0; i < held.size(); ++i) {
      EXPECT_TRUE(holds_pattern(held[i].first, held[i].second, i + 1)) << held[i].second;
      EXPECT_TRUE(slabs.try_deallocate(held[i].first));
    }
    slabs.check_invariants();
  }
}

TEST(SlabAllocator, ABlockHasJustTheSizeOfItsClass) {
  SlabAllocator halves{{.classes = SizeClasses::halves}};
  SlabAllocator quarters;
  const auto usable = [](SlabAllocator& slabs, std::size_t size, std::size_t alignment) {
    void* const block = slabs.allocate(size, alignment);
    const std::size_t bytes = slabs.usable_size(block);
    slabs.deallocate(block);
    return bytes;
  };
  EXPECT_EQ(usable(halves, 1, 1), 8U);
  EXPECT_EQ(usable(halves, 17, 8), 24U);
  EXPECT_EQ(usable(halves, 17, 16), 32U) << "24 is no multiple of 16";
  EXPECT_EQ(usable(halves, 65, 8), 96U);
  EXPECT_EQ(usable(quarters, 33, 8), 40U);
  EXPECT_EQ(usable(quarters, 65, 16), 80U);
  EXPECT_EQ(usable(quarters, 1000, 16), 1024U);
  EXPECT_EQ(usable(quarters, 1025, 16), 1280U);
  EXPECT_EQ(usable(quarters, 80, 64), 128U);
}

TEST(SlabAllocator, EveryAlignmentIsServed) {
  SlabAllocator slabs;
  for (std::size_t alignment = 1; alignment <= 4 * kMiB; alignment *= 2) {
    std::vector<void*> blocks;
    for (const std::size_t size : {std::size_t{1}, std::size_t{8}, std::size_t{24}, std::size_t{100},
                                   3 * kKiB, 20 * kKiB, 70 * kKiB, 2 * kMiB}) {
      for (int i = 0; i < 3; ++i) {
        blocks.push_back(slabs.allocate(size, alignment));
        EXPECT_TRUE(is_aligned(blocks.back(), alignment)) << size << " at " << alignment;
        slabs.deallocate(slabs.allocate(size, alignment), size);
      }
    }
    for (void* const block : blocks) EXPECT_TRUE(slabs.try_deallocate(block));
  }
  slabs.check_invariants();
}

TEST(SlabAllocator, RequestsThatMakeNoSenseAreErrors) {
  SlabAllocator slabs;
  EXPECT_EQ(slabs.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(slabs.try_allocate(SIZE_MAX).error(), AllocError::too_large);
  EXPECT_EQ(slabs.try_allocate(std::size_t{PTRDIFF_MAX} + 1).error(), AllocError::too_large);
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{24}, 2 * kSlabAlignmentMax}) {
    EXPECT_EQ(slabs.try_allocate(64, alignment).error(), AllocError::bad_alignment) << alignment;
  }
  EXPECT_THROW(static_cast<void>(slabs.allocate(0)), AllocFailure);
  EXPECT_EQ(slabs.stats().failures, 8U);
}

TEST(SlabAllocator, OptionsThatMakeNoSenseAreBad) {
  const SlabOptions options{.classes = static_cast<SizeClasses>(7)};
  EXPECT_EQ(SlabAllocator::create(options).error(), AllocError::bad_option);
  try {
    const SlabAllocator slabs{options};
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::bad_option);
    EXPECT_NE(std::string{failure.what()}.find("classes"), std::string::npos);
  }
}

TEST(SlabAllocator, WhatIsFreedTwiceIsADoubleFree) {
  SlabAllocator slabs;
  for (const std::size_t size :
       {std::size_t{8}, std::size_t{24}, std::size_t{48}, 3 * kKiB, 20 * kKiB, 100 * kKiB, 2 * kMiB}) {
    void* const neighbour = slabs.allocate(size, 8);
    void* const block = slabs.allocate(size, 8);
    EXPECT_TRUE(slabs.try_deallocate(block));
    EXPECT_EQ(slabs.try_deallocate(block).error(), AllocError::double_free) << size;
    EXPECT_EQ(slabs.usable_size(block), 0U);
    slabs.deallocate(neighbour);
    slabs.trim();
    slabs.check_invariants();
  }
  EXPECT_EQ(slabs.stats().allocations, slabs.stats().deallocations);
}

TEST(SlabAllocator, ADoubleFreeIsFoundAfterItsSlabHasGoneBack) {
  SlabAllocator slabs;
  for (const std::size_t size : {std::size_t{8}, std::size_t{24}, std::size_t{512}, 20 * kKiB}) {
    std::vector<void*> blocks;
    for (int i = 0; i < 20; ++i) blocks.push_back(slabs.allocate(size, 8));
    for (void* const block : blocks) slabs.deallocate(block);
    EXPECT_NE(slabs.trim(), 0U);
    for (void* const block : blocks) {
      EXPECT_EQ(slabs.try_deallocate(block).error(), AllocError::double_free) << size;
      EXPECT_EQ(slabs.try_deallocate(static_cast<std::byte*>(block) + 4).error(), AllocError::foreign_block);
    }
  }
}

TEST(SlabAllocator, APointerIntoABlockIsForeign) {
  SlabAllocator slabs;
  for (const std::size_t size : {std::size_t{8}, std::size_t{24}, std::size_t{40}, std::size_t{48}, 3 * kKiB,
                                 20 * kKiB, 200 * kKiB, 2 * kMiB}) {
    std::vector<std::byte*> blocks;
    for (int i = 0; i < 5; ++i) blocks.push_back(static_cast<std::byte*>(slabs.allocate(size, 8)));
    for (std::byte* const block : blocks) {
      for (std::size_t offset = 1; offset < size; offset += offset < 64 ? 1 : 61) {
        ASSERT_EQ(slabs.try_deallocate(block + offset).error(), AllocError::foreign_block)
            << size << '+' << offset;
        ASSERT_EQ(slabs.usable_size(block + offset), 0U);
      }
    }
    for (std::byte* const block : blocks) EXPECT_TRUE(slabs.try_deallocate(block));
    slabs.check_invariants();
  }
}

TEST(SlabAllocator, APointerIntoTheTablesOfAllSlabsIsForeign) {
  SlabAllocator slabs;
  void* const block = slabs.allocate(24);
  const AddressRegion& region = g_backing.pages.space().first();
  for (std::size_t offset = 16; offset < region.first_extent() * kExtentBytes; offset = offset * 3 + 16)
    EXPECT_EQ(slabs.try_deallocate(region.base() + offset).error(), AllocError::foreign_block) << offset;
  slabs.deallocate(block);
}

TEST(SlabAllocator, WhatAnotherPoolGaveIsForeign) {
  SlabAllocator slabs;
  SlabAllocator other;
  Heap heap{{.hardening = Hardening::checked}};
  int on_stack = 0;
  EXPECT_EQ(slabs.try_deallocate(&on_stack).error(), AllocError::foreign_block);
  EXPECT_FALSE(slabs.owns(&on_stack));
  for (const std::size_t size : {std::size_t{24}, 3 * kKiB, 20 * kKiB, 100 * kKiB, 2 * kMiB}) {
    void* const of_heap = heap.allocate(size);
    void* const of_other = other.allocate(size);
    void* const own = slabs.allocate(size);
    for (void* const stranger : {of_heap, of_other}) {
      EXPECT_EQ(slabs.try_deallocate(stranger).error(), AllocError::foreign_block) << size;
      EXPECT_FALSE(slabs.owns(stranger));
    }
    EXPECT_EQ(heap.try_deallocate(own).error(), AllocError::foreign_block) << size;
    EXPECT_TRUE(heap.try_deallocate(of_heap));
    EXPECT_TRUE(other.try_deallocate(of_other));
    EXPECT_TRUE(slabs.try_deallocate(own));
  }
}

TEST(SlabAllocator, OwnsEveryByteOfItsBlocks) {
  SlabAllocator slabs;
  for (const std::size_t size : {std::size_t{24}, 20 * kKiB, 100 * kKiB, 2 * kMiB}) {
    auto* const block = static_cast<std::byte*>(slabs.allocate(size));
    for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
      EXPECT_TRUE(slabs.owns(block + offset)) << size << '+' << offset;
    }
    slabs.deallocate(block);
  }
}

TEST(SlabAllocator, AMisuseReachesTheHandlerWithItsName) {
  MisuseRecorder recorder;
  SlabAllocator slabs{{.name = "nodes"}};
  void* const block = slabs.allocate(100);
  slabs.deallocate(block, 60);
  slabs.deallocate(block, 200);
  slabs.deallocate(block, 100);
  slabs.deallocate(block);
  slabs.deallocate(&recorder);
  slabs.deallocate(&recorder, 8);
  slabs.deallocate(nullptr);
  slabs.deallocate(nullptr, 8);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 5U);
  const AllocError expected[] = {AllocError::size_mismatch, AllocError::size_mismatch,
                                 AllocError::double_free, AllocError::foreign_block,
                                 AllocError::foreign_block};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(records[i].error, expected[i]) << i;
    EXPECT_EQ(records[i].pool, "nodes");
    EXPECT_EQ(records[i].address, i < 3 ? block : &recorder);
  }
}

TEST(SlabAllocator, OnlyTheSizeAskedForIsRightWhateverTheAlignment) {
  MisuseRecorder recorder;
  SlabAllocator slabs;
  for (std::size_t alignment = 1; alignment <= 128 * kKiB; alignment *= 4) {
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{17}, std::size_t{24}, std::size_t{64}, 3 * kKiB + 1, 70 * kKiB}) {
      void* const block = slabs.allocate(size, alignment);
      const std::size_t usable = slabs.usable_size(block);
      if (usable > 8 && usable / 64 < size / 2) {  // told apart by the 64th
        slabs.deallocate(block, size / 2);
        EXPECT_EQ(recorder.take().size(), 1U) << size << " at " << alignment;
      }
      slabs.deallocate(block, 2 * size + 2 * kMiB);
      EXPECT_EQ(recorder.take().size(), 1U) << size << " at " << alignment;
      slabs.deallocate(block, size);
      EXPECT_TRUE(recorder.take().empty()) << size << " at " << alignment;
    }
  }
}

TEST(SlabAllocator, ASizeIsWrongFromA64thOfTheNextPowerOfTwoOn) {
  MisuseRecorder recorder;
  for (const SizeClasses classes : {SizeClasses::halves, SizeClasses::quarters}) {
    SlabAllocator slabs{{.classes = classes}};
    for (const std::size_t size : edge_sizes(32 * kKiB)) {
      void* const block = slabs.allocate(size, 8);
      const std::size_t usable = slabs.usable_size(block);
      const std::size_t step = std::max<std::size_t>(std::bit_ceil(usable) / 64, 1);
      std::size_t found = 0, wrong = 0;
      for (const std::size_t other : {size - step, size + step, usable + 1}) {
        if (usable == 8 && other <= usable) continue;  // blocks that share a note have none of their size
        ++wrong;
        slabs.deallocate(block, other);
        found += recorder.take().size();
      }
      EXPECT_EQ(found, wrong) << size;
      EXPECT_TRUE(slabs.try_deallocate(block));
    }
  }
}

TEST(SlabAllocator, TheLimitBoundsWhatIsHeldExactly) {
  constexpr std::size_t kLimit = 8 * kUnitBytes;
  SlabAllocator slabs{{.limit_bytes = kLimit}};
  std::vector<void*> blocks;
  for (;;) {
    const Result<void*> block = slabs.try_allocate(1000);
    if (!block) {
      EXPECT_EQ(block.error(), AllocError::limit_reached);
      break;
    }
    blocks.push_back(*block);
  }
  EXPECT_EQ(blocks.size(), 8 * (kUnitBytes / 1024));
  EXPECT_EQ(slabs.stats().bytes_held, kLimit);
  EXPECT_EQ(slabs.try_allocate(70 * kKiB).error(), AllocError::limit_reached);
  EXPECT_EQ(slabs.try_allocate(3 * kMiB).error(), AllocError::limit_reached);
  EXPECT_EQ(slabs.try_allocate(16).error(), AllocError::limit_reached);
  slabs.check_invariants();
  for (void* const block : blocks) slabs.deallocate(block);
  // One empty slab is kept; it makes way for what is needed now.
  void* const whole = slabs.allocate(kLimit);
  EXPECT_EQ(slabs.stats().bytes_held, kLimit);
  slabs.deallocate(whole);
  EXPECT_EQ(slabs.stats().bytes_held, 0U);
}

TEST(SlabAllocator, LargeRequestsTakeWhatTheyNeedAndGiveItBack) {
  SlabAllocator slabs{{.large_threshold = 4000}};
  void* const small = slabs.allocate(4000);
  EXPECT_EQ(slabs.stats().large_blocks, 0U);
  void* const large = slabs.allocate(4001);
  EXPECT_EQ(slabs.stats().large_blocks, 1U);
  EXPECT_EQ(slabs.stats().large_bytes, kUnitBytes);
  void* const huge = slabs.allocate(5 * kMiB);
  EXPECT_EQ(slabs.stats().large_blocks, 2U);
  EXPECT_EQ(slabs.stats().large_bytes, kUnitBytes + 5 * kMiB);
  EXPECT_EQ(slabs.stats().bytes_held, 2 * kUnitBytes + 5 * kMiB);
  for (void* const block : {small, large, huge}) slabs.deallocate(block);
  EXPECT_EQ(slabs.stats().large_bytes, 0U);
  EXPECT_EQ(slabs.stats().classes[slabs.stats().classes.size() - 1].size, 4096U);
}

TEST(SlabAllocator, BlocksOfManyAllocatorsLieApart) {
  const std::size_t used_before = g_backing.pages.used_bytes();
  {
    std::vector<SlabAllocator> many;
    std::vector<std::pair<std::size_t, void*>> blocks;
    for (int i = 0; i < 50; ++i) many.emplace_back(SlabOptions{.name = "one of many"});
    for (std::size_t round = 0; round < 20; ++round) {
      for (std::size_t i = 0; i < many.size(); ++i) {
        blocks.emplace_back(i, many[i].allocate(24 + round * 40));
        fill_pattern(blocks.back().second, 24 + round * 40, blocks.size());
      }
    }
    for (std::size_t n = 0; n < blocks.size(); ++n) {
      const auto [owner, block] = blocks[n];
      EXPECT_TRUE(holds_pattern(block, 24 + n / many.size() * 40, n + 1));
      EXPECT_EQ(many[(owner + 1) % many.size()].try_deallocate(block).error(), AllocError::foreign_block);
      EXPECT_TRUE(many[owner].try_deallocate(block));
    }
  }
  EXPECT_EQ(g_backing.pages.used_bytes(), used_before);
}

TEST(SlabAllocator, DiesWithItsBlocksAndSaysHowMany) {
  const std::size_t used_before = g_backing.pages.used_bytes();
  LeakRecorder leaks;
  {
    SlabAllocator slabs{{.name = "left"}};
    for (const std::size_t size :
         {std::size_t{8}, std::size_t{24}, 3 * kKiB, 20 * kKiB, 100 * kKiB, 2 * kMiB}) {
      static_cast<void>(slabs.allocate(size, 8));
      static_cast<void>(slabs.allocate(size, 8));
    }
  }
  EXPECT_EQ(g_backing.pages.used_bytes(), used_before);
  const auto records = leaks.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].pool, "left");
  EXPECT_EQ(records[0].blocks, 12U);
  { const SlabAllocator clean; }
  EXPECT_TRUE(leaks.take().empty());
}

TEST(SlabAllocator, WhatADeadAllocatorLeftIsNoBlockOfTheNextOne) {
  const LeakRecorder leaks;
  void* block = nullptr;
  {
    SlabAllocator dead;
    block = dead.allocate(48);
  }
  SlabAllocator next;
  void* const fresh = next.allocate(48);
  if (block != fresh) {
    EXPECT_FALSE(next.try_deallocate(block));
  }
  next.deallocate(fresh);
}

TEST(SlabAllocator, MovesWithItsBlocks) {
  SlabAllocator first{{.name = "moved"}};
  void* const block = first.allocate(100);
  SlabAllocator second{std::move(first)};
  EXPECT_EQ(second.usable_size(block), 112U);
  SlabAllocator third;
  third = std::move(second);
  EXPECT_TRUE(third.try_deallocate(block));
  EXPECT_EQ(third.stats().name, "moved");
}

}  // namespace
}  // namespace cenote::test
