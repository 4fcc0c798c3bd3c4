// Heaps and managers in pass-through mode give blocks of malloc's and keep every other promise.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>

#include "support/leak_recorder.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

TEST(PassedHeap, BlocksAreExactlyAsLargeAsAskedFor) {
  Heap heap{{.pass_through = true}};
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{100}, std::size_t{50'000}, std::size_t{3'000'000}}) {
    void* const block = heap.allocate(size, 64);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % 64, 0U);
    EXPECT_EQ(heap.usable_size(block), size);
    EXPECT_TRUE(heap.owns(static_cast<std::byte*>(block) + size - 1));
    EXPECT_EQ(heap.stats().bytes_held, size);
    heap.deallocate(block, size);
    EXPECT_FALSE(heap.owns(block));
  }
  auto* const zeroes = static_cast<std::byte*>(*heap.try_allocate_zeroed(10, 100));
  EXPECT_TRUE(std::all_of(zeroes, zeroes + 1000, [](std::byte b) { return b == std::byte{0}; }));
}

TEST(PassedHeap, ReallocationMovesAndKeepsTheBytes) {
  Heap heap{{.pass_through = true}};
  auto* block = static_cast<std::byte*>(heap.allocate(100));
  std::memset(block, 7, 100);
  auto* const larger = static_cast<std::byte*>(heap.reallocate(block, 101));
  EXPECT_NE(larger, block);
  EXPECT_EQ(larger[99], std::byte{7});
  EXPECT_EQ(heap.try_reallocate(block, 5).error(), AllocError::double_free);
  auto* const smaller = static_cast<std::byte*>(heap.reallocate(larger, 10));
  EXPECT_EQ(heap.usable_size(smaller), 10U);
  heap.deallocate(smaller);
}

TEST(PassedHeap, ItsLimitHoldsAndItsErrorsAreTheSame) {
  MisuseRecorder misuse;
  Heap heap{{.name = "passed", .limit_bytes = 1000, .pass_through = true}};
  void* const block = heap.allocate(900);
  EXPECT_EQ(heap.try_allocate(101).error(), AllocError::limit_reached);
  EXPECT_EQ(heap.try_allocate(0).error(), AllocError::zero_size);
  heap.set_limit(2000);
  EXPECT_TRUE(heap.try_allocate(101).has_value());  // dies with the heap
  EXPECT_EQ(heap.try_deallocate(static_cast<std::byte*>(block) + 16).error(), AllocError::foreign_block);
  heap.deallocate(block, 899);
  heap.deallocate(block);
  heap.deallocate(block);
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].error, AllocError::size_mismatch);
  EXPECT_EQ(records[1].error, AllocError::double_free);
}

TEST(PassedHeap, ServesManyThreads) {
  Heap heap{{.pass_through = true}};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&heap] {
      for (std::size_t i = 1; i < 1000; ++i) heap.deallocate(heap.allocate(i));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
  EXPECT_EQ(heap.stats().thread_caches, 0U);
}

TEST(PassedManager, CountsBlocksAsIfItKeptThem) {
  PoolManager manager{{.limit_bytes = 1000, .create_on_demand = false, .pass_through = true}};
  ASSERT_TRUE(manager.prepopulate(100, 3).has_value());
  ASSERT_TRUE(manager.prepopulate(300, 2).has_value());
  EXPECT_EQ(manager.prepopulate(300, 1).error(), AllocError::limit_reached);
  EXPECT_EQ(manager.available(100), 3U);
  const Block small = manager.allocate_fixed(100), large = manager.allocate_between(101, 1000);
  EXPECT_EQ(small.size(), 100U);
  EXPECT_EQ(large.size(), 300U);
  std::memset(large.data(), 1, 300);
  EXPECT_EQ(manager.try_allocate_fixed(200).error(), AllocError::exhausted);
  EXPECT_EQ(manager.available(100), 2U);
  ManagerStats stats = manager.stats();
  EXPECT_EQ(stats.blocks_in_use, 2U);
  EXPECT_EQ(stats.bytes_in_use, 400U);
  EXPECT_EQ(stats.bytes_free, 500U);
  manager.deallocate(small);
  manager.deallocate(large);
  EXPECT_EQ(manager.available(300), 2U);
  EXPECT_EQ(manager.trim(), 900U);
  EXPECT_EQ(manager.stats().blocks_free, 0U);
}

TEST(PassedManager, FindsWrongFreesAndReportsLeaks) {
  MisuseRecorder misuse;
  LeakRecorder leaks;
  {
    PoolManager manager{{.name = "passed", .pass_through = true}};
    const Block block = manager.allocate_fixed(100);
    EXPECT_EQ(manager.try_deallocate(block.first(99)).error(), AllocError::size_mismatch);
    EXPECT_EQ(manager.try_deallocate(block.subspan(1)).error(), AllocError::foreign_block);
    manager.deallocate(block);
    manager.deallocate(block);
    static_cast<void>(manager.allocate_fixed(10));
  }
  const auto records = misuse.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::double_free);
  ASSERT_EQ(leaks.take().size(), 1U);
}

TEST(PassedManager, LogsWhatIsNewAndNotWhatIsUsedAgain) {
  int created = 0;
  const auto log = [](const ManagerEvent& event, void* context) noexcept {
    *static_cast<int*>(context) += event.kind == ManagerEventKind::created ? 1 : 0;
  };
  PoolManager manager{{.log = log, .log_context = &created, .pass_through = true}};
  for (int i = 0; i < 3; ++i) manager.deallocate(manager.allocate_fixed(64));
  EXPECT_EQ(created, 1);
}

}  // namespace
}  // namespace cenote::test
