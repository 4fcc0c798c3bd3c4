#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pressure_monitor.hpp>
#include <cenote/slab_allocator.hpp>

namespace cenote::test {
namespace {

TEST(Trim, ReturnsFreeMemoryOfAllHeapsAndSlabAllocators) {
  constexpr std::size_t kBlock = 100'000;
  constexpr int kBlocks = 50;
  Heap heap;
  SlabAllocator slabs;
  trim();
  void* blocks[2][kBlocks];
  for (int i = 0; i < kBlocks; ++i) {
    blocks[0][i] = heap.allocate(kBlock);
    blocks[1][i] = slabs.allocate(kBlock);
    static_cast<char*>(blocks[0][i])[0] = static_cast<char*>(blocks[1][i])[0] = 1;
  }
  for (int i = 0; i < kBlocks; ++i) {
    heap.deallocate(blocks[0][i]);
    slabs.deallocate(blocks[1][i]);
  }
  EXPECT_GE(trim(), 2 * kBlocks * kBlock / 2);
  EXPECT_EQ(heap.stats().bytes_dirty, 0U);
}

}  // namespace
}  // namespace cenote::test
