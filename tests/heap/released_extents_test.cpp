/// Extents whose addresses have gone back to the system, and blocks that get mappings there.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/pages/backing.hpp"
#include "support/fake_memory.hpp"
#include "support/fresh_backing.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class ReleasedExtents : public testing::Test {
 protected:
  /// Fills extents and frees them all. Returns where one was that has been released.
  template <class Pool>
  std::byte* release_an_extent(Pool& pool) {
    std::vector<void*> blocks;
    for (int i = 0; i < 8; ++i) blocks.push_back(pool.allocate(kMiB));
    for (void* const block : blocks) pool.deallocate(block);
    pool.trim();
    EXPECT_NE(g_backing.pages.release_free(), 0U);
    std::byte* released = nullptr;
    g_backing.pages.space().for_each_extent([&](const Extent& extent) {
      if (extent.is_released) released = extent.start;
    });
    return released;
  }

  test::FakeMemory memory;
  test::FreshBacking backing{memory};
  test::MisuseRecorder misuses;
};

struct HeapPool {
  Heap heap{HeapOptions{.hardening = Hardening::checked}};
  void* allocate(std::size_t bytes) { return heap.allocate(bytes); }
  void deallocate(void* block) { heap.deallocate(block); }
  void trim() { heap.trim(); }
};

struct SlabPool {
  SlabAllocator slabs{SlabOptions{}};
  void* allocate(std::size_t bytes) { return slabs.allocate(bytes); }
  void deallocate(void* block) { slabs.deallocate(block); }
  void trim() { slabs.trim(); }
};

TEST_F(ReleasedExtents, AHeapKnowsItsBlocksThatAreMappedThere) {
  HeapPool pool;
  std::byte* const place = release_an_extent(pool);
  ASSERT_NE(place, nullptr);
  memory.map_at = place;
  void* const block = pool.heap.allocate(2 * kMiB);
  ASSERT_EQ(block, place);
  std::memset(block, 7, 2 * kMiB);
  EXPECT_EQ(pool.heap.usable_size(block), 2 * kMiB);
  EXPECT_TRUE(pool.heap.owns(place + kMiB));
  EXPECT_FALSE(pool.heap.owns(place + 3 * kMiB));
  pool.heap.deallocate(block, 2 * kMiB);
  EXPECT_EQ(pool.heap.try_deallocate(block).error(), AllocError::double_free);
  pool.heap.trim();
}

TEST_F(ReleasedExtents, ASlabAllocatorKnowsItsBlocksThatAreMappedThere) {
  SlabPool pool;
  std::byte* const place = release_an_extent(pool);
  ASSERT_NE(place, nullptr);
  memory.map_at = place;
  void* const block = pool.slabs.allocate(2 * kMiB);
  ASSERT_EQ(block, place);
  EXPECT_EQ(pool.slabs.usable_size(block), 2 * kMiB);
  EXPECT_TRUE(pool.slabs.owns(place + kMiB));
  EXPECT_FALSE(pool.slabs.owns(place + 3 * kMiB));
  pool.slabs.deallocate(block);
  EXPECT_EQ(pool.slabs.try_deallocate(block).error(), AllocError::double_free);
}

TEST_F(ReleasedExtents, AFreedBlockThatLayThereIsStillADoubleFree) {
  HeapPool pool;
  void* const block = pool.heap.allocate(kMiB);
  pool.heap.deallocate(block);
  pool.heap.trim();
  ASSERT_NE(g_backing.pages.release_free(), 0U);
  EXPECT_EQ(pool.heap.try_deallocate(block).error(), AllocError::double_free);
}

TEST_F(ReleasedExtents, AHugeRequestThatTheSystemRefusesGetsTheirAddresses) {
  HeapPool pool;
  std::vector<void*> blocks;
  for (int i = 0; i < 8; ++i) blocks.push_back(pool.allocate(kMiB));
  for (void* const block : blocks) pool.deallocate(block);
  const std::size_t before = g_backing.pages.committed_bytes();
  memory.fail_after(0, 1);
  void* const block = pool.heap.try_allocate(2 * kMiB).value_or(nullptr);
  EXPECT_NE(block, nullptr);
  EXPECT_LT(g_backing.pages.committed_bytes(), before);
  pool.deallocate(block);
  pool.trim();
}

}  // namespace
}  // namespace cenote
