/// What becomes of the blocks of threads that have ended.
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "support/sizes.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kSize = 1000;

std::vector<void*> blocks_of_an_ended_thread(Heap& heap, std::size_t count) {
  std::vector<void*> blocks(count);
  std::thread{[&] {
    for (void*& block : blocks) block = heap.allocate(kSize);
  }}.join();
  return blocks;
}

TEST(AbandonedSlabs, GoBackWhenTheirBlocksAreFreedInTurn) {
  Heap heap;
  for (void* const block : blocks_of_an_ended_thread(heap, 2000)) heap.deallocate(block);
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST(AbandonedSlabs, GoBackWhenTheirBlocksAreFreedCrosswise) {
  Heap heap;
  const std::vector<void*> blocks = blocks_of_an_ended_thread(heap, 2000);
  for (std::size_t first = 0; first < 100; ++first) {
    for (std::size_t i = first; i < blocks.size(); i += 100) heap.deallocate(blocks[i]);
  }
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST(AbandonedSlabs, GoBackWhenManyThreadsFreeTheirBlocks) {
  Heap heap;
  const std::vector<void*> blocks = blocks_of_an_ended_thread(heap, 4000);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < blocks.size(); i += 4) heap.deallocate(blocks[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST(AbandonedSlabs, AreUsedBeforeFreshMemory) {
  Heap heap;
  const std::vector<void*> blocks = blocks_of_an_ended_thread(heap, 2000);
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
  const std::size_t before = heap.stats().bytes_held;
  for (int i = 0; i < 900; ++i) static_cast<void>(heap.allocate(kSize));
  EXPECT_LE(heap.stats().bytes_held, before + 128 * kKiB);
}

}  // namespace
}  // namespace cenote::test
