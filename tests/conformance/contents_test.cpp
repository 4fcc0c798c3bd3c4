#include <algorithm>
#include <cstring>
#include <vector>

#include "conformance/subjects.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

TYPED_TEST_SUITE(PoolConformance, AllPools);

struct Held {
  void* block;
  std::size_t bytes;
};

TYPED_TEST(PoolConformance, NoBlockOverlapsAnotherOverAllItsUsableBytes) {
  std::vector<Held> held;
  for (const std::size_t size : edge_sizes()) {
    void* const block = this->pool.allocate(size);
    const std::size_t usable = this->pool.usable_size(block);
    ASSERT_GE(usable, size);
    fill_pattern(block, usable, held.size());
    held.push_back({block, usable});
  }
  for (std::size_t i = 0; i < held.size(); ++i) {
    EXPECT_TRUE(holds_pattern(held[i].block, held[i].bytes, i)) << held[i].bytes;
  }
  for (const Held& h : held) this->pool.deallocate(h.block);
}

TYPED_TEST(PoolConformance, ContentsSurviveWhileNeighboursComeAndGo) {
  for (const std::size_t size : edge_sizes(80 * kKiB)) {
    std::vector<void*> blocks(12);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = this->pool.allocate(size);
      fill_pattern(blocks[i], size, i);
    }
    for (std::size_t i = 0; i < blocks.size(); i += 2) this->pool.deallocate(blocks[i]);
    for (std::size_t i = 0; i < blocks.size(); i += 2) {
      blocks[i] = this->pool.allocate(size);
      fill_pattern(blocks[i], size, i);
    }
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      ASSERT_TRUE(holds_pattern(blocks[i], size, i)) << size;
      this->pool.deallocate(blocks[i]);
    }
  }
}

TYPED_TEST(PoolConformance, ZeroedBlocksAreZeroWhoeverHadTheBytesBefore) {
  for (const std::size_t size : edge_sizes()) {
    const std::size_t count = size < 4 * kKiB ? 40 : 3;
    std::vector<void*> dirty(count);
    for (void*& block : dirty) block = std::memset(this->pool.allocate(size), 0xa5, size);
    for (void* const block : dirty) this->pool.deallocate(block);
    for (void*& block : dirty) {
      block = this->pool.try_allocate_zeroed(1, size).value();
      ASSERT_TRUE(is_zero(block, size)) << size;
      std::memset(block, 0x5a, size);
    }
    for (void* const block : dirty) this->pool.deallocate(block);
  }
}

TYPED_TEST(PoolConformance, AZeroedArrayHoldsCountTimesSize) {
  void* const array = this->pool.try_allocate_zeroed(1000, 24).value();
  EXPECT_GE(this->pool.usable_size(array), 24000U);
  EXPECT_TRUE(is_zero(array, 24000));
  this->pool.deallocate(array);
}

// Up through slabs, large and huge blocks by odd steps, and down again.
std::vector<std::size_t> resize_path() {
  std::vector<std::size_t> path;
  for (std::size_t size = 1; size < 5 * kMiB; size += size / 2 + 1) path.push_back(size);
  const std::vector<std::size_t> down(path.rbegin(), path.rend());
  path.insert(path.end(), down.begin(), down.end());
  for (const std::size_t jump :
       {3 * kMiB, std::size_t{10}, 100 * kKiB, 3 * kMiB, 100 * kKiB, 70 * kKiB, 20 * kKiB}) {
    path.push_back(jump);
  }
  return path;
}

TYPED_TEST(PoolConformance, ResizingKeepsTheBytesThatFit) {
  std::size_t size = 1;
  void* block = this->pool.try_reallocate(nullptr, size).value();
  fill_pattern(block, size, 7);
  for (const std::size_t next : resize_path()) {
    block = this->pool.reallocate(block, next);
    ASSERT_TRUE(holds_pattern(block, std::min(size, next), 7)) << size << " to " << next;
    ASSERT_GE(this->pool.usable_size(block), next);
    fill_pattern(block, next, 7);
    size = next;
  }
  this->pool.deallocate(block);
}

TYPED_TEST(PoolConformance, AFailedResizeLeavesTheBlockAsItIs) {
  for (const std::size_t size : {std::size_t{40}, 100 * kKiB, 2 * kMiB}) {
    void* const block = this->pool.allocate(size);
    fill_pattern(block, size, size);
    if (!anything_can_be_had()) {
      EXPECT_FALSE(this->pool.try_reallocate(block, std::size_t{PTRDIFF_MAX}));
    }
    EXPECT_EQ(this->pool.try_reallocate(block, std::size_t{PTRDIFF_MAX} + 1).error(), AllocError::too_large);
    EXPECT_EQ(this->pool.try_reallocate(block, 0).error(), AllocError::zero_size);
    EXPECT_TRUE(holds_pattern(block, size, size));
    this->pool.deallocate(block);
  }
}

TYPED_TEST(PoolConformance, AnEndedPeakDoesNotStopNewBlocks) {
  std::vector<void*> blocks;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 2000; ++i)
      blocks.push_back(this->pool.allocate(static_cast<std::size_t>(i % 50 * 97 + 1)));
    for (void* const block : blocks) this->pool.deallocate(block);
    blocks.clear();
  }
}

}  // namespace cenote::test
