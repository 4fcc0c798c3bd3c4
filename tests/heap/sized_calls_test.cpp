/// Calls of heaps and slab allocators that name a size and an alignment, or return a size.
#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "support/misuse_recorder.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kSizes[] = {1, 8, 24, 100, 1000, 5000, 30'000, 70'000, 200'000, 5'000'000};

template <class Pool>
class SizedCalls : public testing::Test {
 protected:
  Pool pool;
};
using Pools = testing::Types<Heap, SlabAllocator>;
TYPED_TEST_SUITE(SizedCalls, Pools);

TYPED_TEST(SizedCalls, AtLeastReturnsTheSizeThatTheBlockHas) {
  for (const std::size_t size : kSizes) {
    const SizedAllocation block = this->pool.try_allocate_at_least(size).value();
    EXPECT_GE(block.size, size);
    EXPECT_EQ(block.size, this->pool.usable_size(block.pointer));
    std::memset(block.pointer, 1, block.size);
    this->pool.deallocate(block.pointer, block.size);  // the misuse handler would end the program
  }
  EXPECT_EQ(this->pool.try_allocate_at_least(0).error(), AllocError::zero_size);
}

TYPED_TEST(SizedCalls, AtLeastServesAlignments) {
  const SizedAllocation block = this->pool.try_allocate_at_least(100, 256).value();
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block.pointer) % 256, 0U);
  this->pool.deallocate(block.pointer);
}

TYPED_TEST(SizedCalls, DeallocateAcceptsTheSizeAndAlignmentOfTheRequest) {
  for (const std::size_t size : kSizes) {
    for (const std::size_t alignment : {8U, 16U, 64U, 4096U})
      this->pool.deallocate(this->pool.allocate(size, alignment), size, alignment);
  }
  this->pool.deallocate(nullptr, 100, 16);
  this->pool.deallocate(nullptr, 100, 0);
}

TYPED_TEST(SizedCalls, DeallocateRefusesASizeOrAlignmentThatWasNotRequested) {
  MisuseRecorder recorder;
  void* const block = this->pool.allocate(100);
  this->pool.deallocate(block, 4000, 16);
  EXPECT_EQ(recorder.take().at(0).error, AllocError::size_mismatch);
  const std::uintptr_t address = reinterpret_cast<std::uintptr_t>(block);
  this->pool.deallocate(block, 100, 2 * (address & -address));
  EXPECT_EQ(recorder.take().at(0).error, AllocError::size_mismatch);
  for (const std::size_t no_power_of_two : {0U, 3U, 5U, 24U}) {
    this->pool.deallocate(block, 100, no_power_of_two);
    EXPECT_EQ(recorder.take().at(0).error, AllocError::size_mismatch) << no_power_of_two;
  }
  int other = 0;
  this->pool.deallocate(&other, 4, std::size_t{1} << 20);
  EXPECT_EQ(recorder.take().at(0).error, AllocError::foreign_block);
  this->pool.deallocate(block, 100, 16);
  EXPECT_TRUE(recorder.take().empty()) << "the block was still in use";
}

}  // namespace
}  // namespace cenote::test
