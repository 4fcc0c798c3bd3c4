/// Heaps under limits: their own, their name's, the process's. What refuses, what reports, and what is given
/// back before either.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/limits.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/stats.hpp>

#include "support/limit_recorder.hpp"
#include "support/remaps.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kKiB = 1024, kMiB = 1024 * kKiB;

/// No limit of a name or of the process outlives a test.
class HeapLimits : public testing::Test {
 protected:
  ~HeapLimits() override {
    EXPECT_TRUE(set_limit("twin", 0));
    set_process_limit(0);
  }
};

std::vector<void*> fill(Heap& heap, std::size_t size) {
  std::vector<void*> blocks;
  for (;;) {
    const Result<void*> block = heap.try_allocate(size);
    if (!block) {
      EXPECT_EQ(block.error(), AllocError::limit_reached);
      return blocks;
    }
    blocks.push_back(*block);
  }
}

void free_all(Heap& heap, std::vector<void*>& blocks) {
  for (void* const block : blocks) heap.deallocate(block);
  blocks.clear();
}

TEST_F(HeapLimits, HeapsOfOneNameShareItsLimitToTheLastUnit) {
  ASSERT_TRUE(set_limit("twin", 8 * kMiB));
  Heap first{{.name = "twin"}}, second{{.name = "twin"}};
  for (const std::size_t size : {std::size_t{64}, 10 * kKiB, 120 * kKiB, 2 * kMiB}) {
    std::vector<void*> ours = fill(first, size);
    EXPECT_EQ(second.try_allocate(size).error(), AllocError::limit_reached) << size;
    EXPECT_LE(limit_of("twin").bytes_held, 8 * kMiB);
    EXPECT_GE(ours.size() * size, 6 * kMiB) << size;
    free_all(first, ours);
    std::vector<void*> theirs = fill(second, size);
    EXPECT_GE(theirs.size() * size, 6 * kMiB) << "what one gave back, the other has: " << size;
    free_all(second, theirs);
    first.trim();
    second.trim();
    EXPECT_EQ(limit_of("twin").bytes_held, 0U);
  }
}

TEST_F(HeapLimits, TheProcesssLimitHoldsForHeapsOfAllNames) {
  Heap first{{.name = "one"}}, second{{.name = "two"}}, third;
  set_process_limit(process_limit().bytes_held + 4 * kMiB);
  std::vector<void*> blocks = fill(first, 64 * kKiB + 1);
  EXPECT_EQ(blocks.size(), 32U) << "two units each";
  for (Heap* const heap : {&second, &third}) {
    EXPECT_EQ(heap->try_allocate(100 * kKiB).error(), AllocError::limit_reached);
    EXPECT_EQ(heap->stats().bytes_held, 0U) << "a refusal leaves nothing behind";
  }
  EXPECT_LE(process_limit().bytes_held, process_limit().bytes_limit);
  free_all(first, blocks);
  EXPECT_TRUE(second.try_allocate(100 * kKiB));
}

TEST_F(HeapLimits, ANamesLimitIsForHeapsThatComeLaterToo) {
  ASSERT_TRUE(set_limit("twin", kMiB));
  for (int i = 0; i < 3; ++i) {
    Heap heap{{.name = "twin"}};
    EXPECT_EQ(fill(heap, 64 * kKiB + 1).size(), 8U);
  }
  EXPECT_EQ(limit_of("twin").bytes_held, 0U) << "heaps die with all their blocks";
}

TEST_F(HeapLimits, ALimitSetBelowWhatIsHeldTakesNothingAndRefusesUntilEnoughIsBack) {
  Heap heap{{.name = "twin"}};
  std::vector<void*> blocks;
  for (int i = 0; i < 16; ++i) blocks.push_back(heap.allocate(100 * kKiB));
  ASSERT_TRUE(set_limit("twin", kMiB));
  EXPECT_EQ(heap.try_allocate(100 * kKiB).error(), AllocError::limit_reached);
  EXPECT_EQ(limit_of("twin").bytes_held, 2 * kMiB);
  for (int i = 0; i < 9; ++i) {
    EXPECT_FALSE(heap.try_allocate(100 * kKiB)) << i;
    heap.deallocate(blocks.back());
    blocks.pop_back();
  }
  EXPECT_TRUE(heap.try_allocate(100 * kKiB));
}

TEST_F(HeapLimits, AReportingLimitServesAndTellsOnceThenAtEachDoubling) {
  LimitRecorder recorder;
  Heap heap{{.name = "twin", .limit_bytes = kMiB, .on_limit = LimitAction::report}};
  std::vector<void*> blocks;
  for (int i = 0; i < 40; ++i) blocks.push_back(heap.allocate(100 * kKiB));
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 6U) << "128 KiB above, 256 KiB, 512 KiB, 1, 2 and 4 MiB";
  EXPECT_EQ(records[0].scope, LimitScope::heap);
  EXPECT_EQ(records[0].name, "twin");
  EXPECT_EQ(records[0].bytes_held, kMiB + 128 * kKiB);
  EXPECT_EQ(records[5].bytes_held, 5 * kMiB);
  EXPECT_EQ(records[5].bytes_limit, kMiB);
  free_all(heap, blocks);
  for (int i = 0; i < 9; ++i) blocks.push_back(heap.allocate(100 * kKiB));
  EXPECT_EQ(recorder.take().size(), 1U) << "anew";
}

TEST_F(HeapLimits, ReportsComeForEverySizeAndFromGrowth) {
  LimitRecorder recorder;
  ASSERT_TRUE(set_limit("twin", 1, LimitAction::report));
  for (const std::size_t size : {std::size_t{16}, 1000 * kKiB / 32, 300 * kKiB, 3 * kMiB}) {
    Heap heap{{.name = "twin"}};
    EXPECT_TRUE(heap.try_allocate(size));
    EXPECT_EQ(recorder.take().size(), 1U) << size;
    EXPECT_TRUE(heap.try_allocate(size, 64 * kKiB));
    recorder.take();
  }
  Heap heap{{.name = "twin"}};
  void* block = heap.allocate(3 * kMiB);
  recorder.take();
  block = heap.reallocate(block, 30 * kMiB);
  EXPECT_GE(recorder.take().size(), 1U);
  heap.deallocate(block);
}

/// Allocates from the heap that it hears of.
Heap* g_noisy = nullptr;
std::vector<void*> g_from_handler;
void allocate_in_handler(const LimitEvent&) noexcept {
  for (const std::size_t size : {16, 64, 500, 5000}) g_from_handler.push_back(g_noisy->allocate(size));
}

TEST_F(HeapLimits, AHandlerMayAllocateFromTheHeapThatReports) {
  const LimitHandler before = set_limit_handler(&allocate_in_handler);
  {
    Heap heap{{.limit_bytes = 64 * kKiB, .on_limit = LimitAction::report}};
    g_noisy = &heap;
    std::vector<void*> blocks;
    for (int i = 0; i < 20'000; ++i) blocks.push_back(heap.allocate(64));
    EXPECT_GE(g_from_handler.size(), 4U);
    std::sort(blocks.begin(), blocks.end());
    EXPECT_EQ(std::adjacent_find(blocks.begin(), blocks.end()), blocks.end()) << "one block for two";
    free_all(heap, blocks);
    free_all(heap, g_from_handler);
    heap.trim();
    EXPECT_EQ(heap.stats().bytes_held, 0U) << "a slab got lost";
  }
  set_limit_handler(before);
}

// Every slab class has an empty slab that waits with this thread: all of the limit.
TEST_F(HeapLimits, NothingIsRefusedWhileThisThreadHoldsBackFreeMemory) {
  Heap heap{{.name = "twin"}};
  for (std::size_t size = 16; size <= 60 * kKiB; size += size / 4) heap.deallocate(heap.allocate(size));
  const std::size_t held = heap.stats().bytes_held;
  ASSERT_GE(held, 2 * kMiB);
  heap.set_limit(held);
  for (std::size_t i = 0; i < held / (128 * kKiB); ++i) EXPECT_TRUE(heap.try_allocate(100 * kKiB)) << i;
}

TEST_F(HeapLimits, FreeMemoryOfAnotherHeapOfTheNameIsGivenUpToo) {
  Heap rich{{.name = "twin"}}, poor{{.name = "twin"}};
  for (std::size_t size = 16; size <= 60 * kKiB; size += size / 4) rich.deallocate(rich.allocate(size));
  ASSERT_TRUE(set_limit("twin", rich.stats().bytes_held));
  EXPECT_TRUE(poor.try_allocate(100 * kKiB));
  EXPECT_EQ(rich.stats().bytes_held, 0U);
}

TEST_F(HeapLimits, AnotherThreadIsAskedAndGivesUpAtItsNextRefill) {
  Heap heap;
  std::mutex mutex;
  std::condition_variable changed;
  int step = 0;
  const auto reach = [&](int now) {
    const std::lock_guard guard{mutex};
    step = now;
    changed.notify_all();
  };
  const auto await = [&](int then) {
    std::unique_lock guard{mutex};
    changed.wait(guard, [&] { return step >= then; });
  };
  std::thread other{[&] {
    for (std::size_t size = 16; size <= 60 * kKiB; size += size / 4) heap.deallocate(heap.allocate(size));
    reach(1);
    await(2);
    heap.deallocate(heap.allocate(60 * kKiB));
    reach(3);
    await(4);
  }};
  await(1);
  heap.set_limit(heap.stats().bytes_held);
  EXPECT_EQ(heap.try_allocate(kMiB).error(), AllocError::limit_reached)
      << "the other has not had a call since";
  reach(2);
  await(3);
  EXPECT_LE(heap.stats().bytes_held, 512 * kKiB);
  EXPECT_TRUE(heap.try_allocate(kMiB));
  reach(4);
  other.join();
}

TEST_F(HeapLimits, AManagerLetsGoOfFreeBlocksBeforeItRefuses) {
  ASSERT_TRUE(set_limit("twin", kMiB));
  PoolManager manager{{.name = "twin"}};
  std::vector<Block> blocks;
  for (int i = 0; i < 6; ++i) blocks.push_back(manager.allocate_fixed(100 * kKiB));
  EXPECT_EQ(manager.try_allocate_fixed(600 * kKiB).error(), AllocError::limit_reached);
  for (const Block block : blocks) manager.deallocate(block);
  EXPECT_TRUE(manager.try_allocate_fixed(600 * kKiB)) << "blocks of another size lay idle";
  EXPECT_EQ(manager.available(100 * kKiB), 0U);
}

TEST_F(HeapLimits, HugeBlocksNeverPassALimitByWhatAKeptMappingHasMore) {
  Heap heap;
  heap.deallocate(heap.allocate(4 * kMiB));  // kept
  heap.set_limit(4 * kMiB - 256 * kKiB);
  void* const block = heap.try_allocate(4 * kMiB - 256 * kKiB).value_or(nullptr);
  EXPECT_NE(block, nullptr);
  EXPECT_LE(heap.stats().bytes_held, 4 * kMiB - 256 * kKiB);
  heap.deallocate(block);
}

TEST_F(HeapLimits, AHugeBlockGrowsToTheLastPageOfALimit) {
  if (!remaps()) GTEST_SKIP() << "this system moves no pages: a block that grows is there twice meanwhile";
  Heap heap{{.limit_bytes = 8 * kMiB}};
  void* block = heap.allocate(4 * kMiB);
  const Result<void*> grown = heap.try_reallocate(block, 8 * kMiB);
  ASSERT_TRUE(grown) << to_string(grown.error())
                     << ": the eighth that growth takes beside may not be what refuses";
  block = *grown;
  EXPECT_EQ(heap.stats().bytes_held, 8 * kMiB);
  EXPECT_EQ(heap.try_reallocate(block, 8 * kMiB + 1).error(), AllocError::limit_reached);
  block = heap.reallocate(block, 2 * kMiB);
  EXPECT_EQ(heap.stats().bytes_held, 2 * kMiB);
  heap.deallocate(block);
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST_F(HeapLimits, PassThroughHeapsShareTheNamesLimitByteForByte) {
  ASSERT_TRUE(set_limit("twin", 1000));
  Heap first{{.name = "twin", .pass_through = true}}, second{{.name = "twin", .pass_through = true}};
  void* block = first.allocate(600);
  EXPECT_EQ(second.try_allocate(401).error(), AllocError::limit_reached);
  EXPECT_EQ(first.try_reallocate(block, 500).error(), AllocError::limit_reached) << "both at the same time";
  second.deallocate(second.allocate(400));
  first.deallocate(block, 600);
  block = second.allocate(1000);
  EXPECT_EQ(limit_of("twin").bytes_held, 1000U);
  second = Heap{{.name = "other"}};
  EXPECT_EQ(limit_of("twin").bytes_held, 0U);
}

TEST_F(HeapLimits, AreInTheStatistics) {
  using stats::Figure, stats::Kind;
  ASSERT_TRUE(set_limit("twin", 5 * kMiB));
  Heap heap{{.name = "twin", .limit_bytes = 2 * kMiB}};
  void* const block = heap.allocate(100 * kKiB);
  set_process_limit(100 * kMiB, LimitAction::report);
  const stats::Snapshot now = stats::snapshot();
  const auto find = [&](Kind kind, std::string_view name) -> const stats::Account* {
    for (const stats::Account& pool : now.pools) {
      if (pool.kind == kind && name == pool.name) return &pool;
    }
    return nullptr;
  };
  ASSERT_NE(find(Kind::heap, "twin"), nullptr);
  EXPECT_EQ((*find(Kind::heap, "twin"))[Figure::limit], 2 * kMiB);
  const stats::Account* const shared = find(Kind::limit, "twin");
  ASSERT_NE(shared, nullptr);
  EXPECT_EQ((*shared)[Figure::limit], 5 * kMiB);
  EXPECT_EQ((*shared)[Figure::live], 128 * kKiB);
  EXPECT_TRUE(shared->borrows) << "these bytes are the heap's";
  const stats::Account* const process = find(Kind::limit, "process");
  ASSERT_NE(process, nullptr);
  EXPECT_EQ((*process)[Figure::limit], 100 * kMiB);
  heap.deallocate(block);
  ASSERT_TRUE(set_limit("twin", 0));
  const stats::Snapshot later = stats::snapshot();
  for (const stats::Account& pool : later.pools)
    EXPECT_FALSE(pool.kind == Kind::limit && std::string_view{pool.name} == "twin");
}

}  // namespace
}  // namespace cenote::test
