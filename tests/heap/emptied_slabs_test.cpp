/// How many slabs without a block in use a thread's cache keeps.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/geometry.hpp>
#include <cenote/detail/size_classes.hpp>
#include <cenote/heap.hpp>

#include "engine/pages/purge_schedule.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

class EmptiedSlabs : public testing::Test {
 protected:
  /// One block of each class from 4 KiB on: refills of smaller ones leave further blocks on the list.
  std::vector<void*> allocate_one_of_each_class() {
    std::vector<void*> blocks;
    for (std::uint8_t c = size_class_of(4 * kKiB).index; c < kClassCount; ++c)
      blocks.push_back(heap.allocate(block_bytes({c})));
    return blocks;
  }
  std::size_t held() const { return heap.stats().bytes_held; }

  Heap heap{{.name = "emptied"}};
};

TEST_F(EmptiedSlabs, OfAllClassesAreKeptUpToOneMiB) {
  const std::vector<void*> blocks = allocate_one_of_each_class();
  ASSERT_GT(held(), 3 * kMiB);
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_LE(held(), kMiB);
  EXPECT_GT(held(), 0U) << "the latest stay";
}

TEST_F(EmptiedSlabs, AreKeptUpToOneMiBWhateverTheOrderOfFrees) {
  for (int round = 0; round < 3; ++round) {
    const std::vector<void*> blocks = allocate_one_of_each_class();
    for (std::size_t i = 0; i < blocks.size(); ++i) heap.deallocate(blocks[i * 5 % blocks.size()]);
    EXPECT_LE(held(), kMiB);
  }
}

TEST_F(EmptiedSlabs, OfAFewSizesInTurnStay) {
  const std::size_t sizes[] = {4 * kKiB, 8 * kKiB, 16 * kKiB, 32 * kKiB, 64 * kKiB};
  for (const std::size_t size : sizes) heap.deallocate(heap.allocate(size));
  const std::size_t before = held();
  EXPECT_EQ(before, kMiB);
  for (int round = 0; round < 10; ++round) {
    for (const std::size_t size : sizes) {
      heap.deallocate(heap.allocate(size));
      ASSERT_EQ(held(), before);
    }
  }
}

TEST_F(EmptiedSlabs, OfManySizesInTurnStayAfterAWhile) {
  purge_schedule::set_period(3'600'000);  // no review, however slow the machine is
  std::size_t most = 0;
  for (int round = 0; round < 100; ++round) {
    const std::vector<void*> blocks = allocate_one_of_each_class();
    most = held();
    for (void* const block : blocks) heap.deallocate(block);
  }
  purge_schedule::set_period(100);
  EXPECT_GT(held(), most / 2) << "they were released hundreds of times";
}

TEST_F(EmptiedSlabs, InWhichBlocksAreInUseAgainStay) {
  std::vector<void*> blocks = allocate_one_of_each_class();
  for (std::size_t i = 0; i < 4; ++i) {  // of one unit each
    heap.deallocate(blocks[i]);
    blocks[i] = std::memset(heap.allocate(4 * kKiB), 7, 4 * kKiB);
  }
  for (std::size_t i = 4; i < blocks.size(); ++i) heap.deallocate(blocks[i]);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(heap.owns(blocks[i]));
    EXPECT_EQ(static_cast<unsigned char*>(blocks[i])[4 * kKiB - 1], 7);
    heap.deallocate(blocks[i]);
  }
  EXPECT_LE(held(), kMiB + 4 * kUnitBytes);
}

}  // namespace
}  // namespace cenote::test
