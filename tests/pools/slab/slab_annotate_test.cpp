// Built with AddressSanitizer, a use after free inside a slab is reported where it happens.
#include <cstddef>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/annotate.hpp>
#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "support/aborts.hpp"
#include "support/leak_recorder.hpp"

namespace cenote::test {
namespace {

class AnnotatedSlabDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!annotate::kActive) GTEST_SKIP() << "blocks are annotated in builds with AddressSanitizer only";
  }
};

TEST_F(AnnotatedSlabDeathTest, EveryByteOfAFreedBlockIsForbidden) {
  SlabAllocator slabs;
  for (const std::size_t size : {8U, 24U, 100U, 3000U, 20'000U}) {
    void* const neighbour = slabs.allocate(size, 8);
    auto* const block = static_cast<volatile char*>(slabs.allocate(size, 8));
    slabs.deallocate(const_cast<char*>(block));
    for (const std::size_t offset : {std::size_t{0}, std::size_t{size / 2}, std::size_t{size - 1}}) {
      EXPECT_DEATH(static_cast<void>(block[offset]), "use-after-poison") << size;
    }
    slabs.deallocate(neighbour);
  }
}

// Not a death test: that what may be touched is not reported.
TEST(AnnotatedSlab, WhatIsHandedOutAgainMayBeTouchedByAnybody) {
  const LeakRecorder leaks;
  for (int round = 0; round < 3; ++round) {
    SlabAllocator slabs;
    Heap heap;
    std::vector<void*> blocks;
    for (int i = 0; i < 300; ++i) blocks.push_back(slabs.allocate(500));
    for (void* const block : blocks) std::memset(block, 1, slabs.usable_size(block));
    for (void* const block : blocks) slabs.deallocate(block);
    slabs.check_invariants();
    // The units of the slabs that went back are the heap's now.
    for (int i = 0; i < 300; ++i) std::memset(heap.allocate(500), 1, 500);
    for (int i = 0; i < 300; ++i) {
      if (i % 3 != 0) std::memset(slabs.allocate(500), 1, 500);
    }
  }
}

}  // namespace
}  // namespace cenote::test
