#include <utility>
#include <vector>

#include <cenote/detail/bits.hpp>

#include "conformance/subjects.hpp"
#include "engine/pages/backing.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"
#include "support/threads.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(HeapConformance, OwnHeaps);

/// Blocks of `size` until the heap refuses; the reason of the refusal comes back.
AllocError fill_up(Heap& heap, std::size_t size, std::vector<void*>& blocks) {
  for (;;) {
    const Result<void*> block = heap.try_allocate(size);
    if (!block) return block.error();
    blocks.push_back(*block);
  }
}

TYPED_TEST(HeapConformance, TheLimitHoldsForEverySizeAndEndsWhenBlocksComeBack) {
  constexpr std::size_t kLimit = 8 * kMiB;
  for (const std::size_t size : {std::size_t{40}, 3 * kKiB, 40 * kKiB, 100 * kKiB, 2 * kMiB}) {
    Heap heap = TypeParam::make(kLimit);
    for (int round = 0; round < 3; ++round) {
      std::vector<void*> blocks;
      EXPECT_EQ(fill_up(heap, size, blocks), AllocError::limit_reached) << size;
      EXPECT_LE(heap.stats().bytes_held, kLimit);
      EXPECT_GE(blocks.size() * size, kLimit / 2) << size << " in round " << round;
      for (void* const block : blocks) heap.deallocate(block);
      heap.trim();
      EXPECT_EQ(heap.stats().bytes_held, 0U) << size;
    }
  }
}

TYPED_TEST(HeapConformance, AHeapAtItsLimitGivesWhatHasJustComeBack) {
  Heap heap = TypeParam::make(4 * kMiB);
  std::vector<void*> blocks;
  fill_up(heap, 64, blocks);
  for (int i = 0; i < 1000; ++i) heap.deallocate(blocks[static_cast<std::size_t>(i * 7)]);
  if constexpr (std::is_base_of_v<OwnHeap<Hardening::full>, TypeParam>) heap.trim();  // out of the quarantine
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(heap.try_allocate(64)) << i;
}

TYPED_TEST(HeapConformance, MoreThanTheLimitIsRefusedAtOnce) {
  Heap heap = TypeParam::make(4 * kMiB);
  EXPECT_EQ(heap.try_allocate(16 * kMiB).error(), AllocError::limit_reached);
  void* const block = heap.allocate(2 * kMiB);
  EXPECT_EQ(heap.try_reallocate(block, 16 * kMiB).error(), AllocError::limit_reached);
  heap.set_limit(0);
  EXPECT_TRUE(heap.try_reallocate(block, 16 * kMiB));
  heap.set_limit(kMiB);
  EXPECT_EQ(heap.try_allocate(100).error(), AllocError::limit_reached);
  EXPECT_EQ(heap.stats().limit_bytes, kMiB);
}

TYPED_TEST(HeapConformance, AMovedHeapKeepsItsBlocks) {
  Heap first = TypeParam::make();
  void* const block = first.allocate(100);
  fill_pattern(block, 100, 5);
  Heap second{std::move(first)};
  EXPECT_TRUE(second.owns(block));
  Heap third = TypeParam::make();
  void* const lost = third.allocate(3 * kMiB);
  third = std::move(second);
  EXPECT_FALSE(third.owns(lost));
  EXPECT_TRUE(holds_pattern(block, 100, 5));
  EXPECT_TRUE(third.try_deallocate(block));
}

TYPED_TEST(HeapConformance, AHeapDiesWithAllItsBlocks) {
  const std::size_t used_before = g_backing.pages.used_bytes();
  {
    Heap heap = TypeParam::make();
    for (const std::size_t size : edge_sizes()) static_cast<void>(heap.allocate(size));
    EXPECT_GT(g_backing.pages.used_bytes(), used_before);
  }
  EXPECT_EQ(g_backing.pages.used_bytes(), used_before);
  g_backing.pages.check_invariants();
}

TYPED_TEST(HeapConformance, AHeapDiesWithBlocksOfManyThreads) {
  const std::size_t used_before = g_backing.pages.used_bytes();
  {
    Heap heap = TypeParam::make();
    std::vector<Thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (const std::size_t size : edge_sizes(4 * kKiB)) static_cast<void>(heap.allocate(size));
      });
    }
    for (Thread& thread : threads) thread.join();
  }
  EXPECT_EQ(g_backing.pages.used_bytes(), used_before);
}

TYPED_TEST(HeapConformance, ManyHeapsLiveSideBySide) {
  std::vector<Heap> heaps;
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 300; ++i) {
    heaps.push_back(TypeParam::make());
    blocks.push_back(heaps[i].allocate(i + 1));
    fill_pattern(blocks[i], i + 1, i);
  }
  for (std::size_t i = 0; i < heaps.size(); ++i) {
    EXPECT_TRUE(holds_pattern(blocks[i], i + 1, i));
    EXPECT_FALSE(heaps[(i + 1) % heaps.size()].owns(blocks[i]));
    if (i % 3 == 0) heaps[i] = TypeParam::make();
  }
  for (std::size_t i = 0; i < heaps.size(); ++i) {
    if (i % 3 == 0) continue;  // went with its heap
    EXPECT_TRUE(heaps[i].try_deallocate(blocks[i]));
  }
}

TYPED_TEST(HeapConformance, StatisticsCountWhatTheHeapHolds) {
  Heap heap = TypeParam::make();
  EXPECT_EQ(heap.stats().name, TypeParam::pool_name);
  EXPECT_EQ(heap.stats().bytes_held, 0U);
  std::vector<void*> blocks;
  std::size_t asked = 0;
  for (const std::size_t size : {std::size_t{100}, 100 * kKiB, 200 * kKiB, 2 * kMiB, 3 * kMiB, 4 * kMiB}) {
    blocks.push_back(heap.allocate(size));
    asked += size;
  }
  const HeapStats stats = heap.stats();
  EXPECT_EQ(stats.slabs, 1U);
  EXPECT_EQ(stats.large_blocks, 2U);
  EXPECT_EQ(stats.huge_blocks, 3U);
  EXPECT_EQ(stats.thread_caches, 1U);
  EXPECT_GE(stats.bytes_held, asked);
  EXPECT_LE(stats.bytes_held, asked + kMiB);
  EXPECT_GE(stats.bytes_reserved, stats.bytes_committed);
  for (void* const block : blocks) heap.deallocate(block);
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
  EXPECT_EQ(heap.stats().huge_blocks + heap.stats().large_blocks, 0U);
}

TYPED_TEST(HeapConformance, AnAlignmentFarAboveTheBlockCostsAddressesOnly) {
  Heap heap = TypeParam::make();
  for (std::size_t alignment = 4 * kMiB; alignment <= kHeapAlignmentMax; alignment *= 2) {
    void* const block = heap.allocate(100, alignment);
    EXPECT_TRUE(is_aligned(block, alignment));
    EXPECT_LE(heap.stats().bytes_held, kMiB);
    EXPECT_TRUE(heap.try_deallocate(block));
  }
  EXPECT_EQ(heap.try_allocate(100, 2 * kHeapAlignmentMax).error(), AllocError::bad_alignment);
}

TYPED_TEST(HeapConformance, ANameIsCopied) {
  std::string name = "temporary";
  const Heap heap{{.name = name}};
  name.assign("otherwise");
  EXPECT_EQ(heap.stats().name, "temporary");
  const Heap unnamed;
  EXPECT_EQ(unnamed.stats().name, "");
}

TYPED_TEST(HeapConformance, APurgeGivesTheSystemWhatIsFree) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  Heap heap = TypeParam::make();
  std::vector<void*> blocks;
  for (int i = 0; i < 200; ++i) blocks.push_back(heap.allocate(60 * kKiB));
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_GT(heap.trim(), 8 * kMiB);
  EXPECT_EQ(heap.stats().bytes_dirty, 0U);
  EXPECT_EQ(heap.stats().bytes_kept, 0U);
}

TYPED_TEST(HeapConformance, AnOptionThatMakesNoSenseIsBad) {
  const HeapOptions options{.hardening = static_cast<Hardening>(99)};
  EXPECT_EQ(Heap::create(options).error(), AllocError::bad_option);
  try {
    const Heap heap{options};
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_NE(std::string{failure.what()}.find("hardening"), std::string::npos);
  }
}

}  // namespace cenote::test
