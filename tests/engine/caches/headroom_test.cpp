/// Near to what the system lets a process have, free memory goes back before heaps ask for more; they are
/// refused nothing.
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/heap.hpp>

#include "engine/caches/central_pool.hpp"
#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class Headroom : public testing::Test {
 protected:
  Headroom() {
    purge_schedule::set_period(1'000'000);  // nothing goes back by itself meanwhile
    g_backing.purge_all();
  }
  ~Headroom() override {
    purge_schedule::set_period(100);
    headroom::assume_limit(0);
  }

  static constexpr std::size_t kBlock = 256 * 1024;

  static std::size_t used() { return g_backing.pages.used_bytes() + g_backing.huge.used_bytes(); }

  /// So many MiB in use, and so many that were used and are free.
  static std::vector<void*> hold(Heap& heap, std::size_t used, std::size_t freed) {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < (used + freed) * 4; ++i) blocks.push_back(heap.allocate(kBlock));
    while (blocks.size() > used * 4) {
      heap.deallocate(blocks.back());
      blocks.pop_back();
    }
    return blocks;
  }
};

TEST_F(Headroom, FarFromTheLimitFreeMemoryStays) {
  Heap heap;
  headroom::assume_limit(used() + 200 * kMiB);
  const std::vector<void*> blocks = hold(heap, 20, 20);
  const std::size_t dirty = g_backing.dirty_bytes();
  ASSERT_GE(dirty, 19 * kMiB);
  EXPECT_NE(heap.allocate(kBlock), nullptr);
  EXPECT_EQ(g_backing.dirty_bytes(), dirty - kBlock);
}

TEST_F(Headroom, WhatOtherPoolsHaveCommittedMakesNothingScarce) {
  Heap heap;
  headroom::assume_limit(used() + 200 * kMiB);
  const BuddyAllocator untouched{{.bytes = 256 * kMiB}};
  const std::vector<void*> blocks = hold(heap, 20, 20);
  const std::size_t dirty = g_backing.dirty_bytes();
  EXPECT_NE(heap.allocate(kBlock), nullptr);
  EXPECT_EQ(g_backing.dirty_bytes(), dirty - kBlock);
}

TEST_F(Headroom, CountsHugeBlocks) {
  Heap heap;
  const std::size_t before = used();
  void* block = heap.allocate(2 * kMiB);
  EXPECT_GE(used() - before, 2 * kMiB);
  block = heap.reallocate(block, 5 * kMiB);
  EXPECT_GE(used() - before, 5 * kMiB);
  EXPECT_LT(used() - before, 6 * kMiB);
  heap.deallocate(block);
  EXPECT_EQ(used(), before);
}

TEST_F(Headroom, NearToItAllThatIsFreeGoesBackAndNothingIsRefused) {
  Heap heap;
  const std::vector<void*> blocks = hold(heap, 20, 20);
  ASSERT_GE(g_backing.dirty_bytes(), 19 * kMiB);
  headroom::assume_limit((used() + g_backing.dirty_bytes()) / 7 * 8);
  EXPECT_NE(heap.allocate(kBlock), nullptr);
  EXPECT_EQ(g_backing.dirty_bytes(), 0U);
  headroom::assume_limit(kMiB);
  EXPECT_NE(heap.allocate(kBlock), nullptr) << "above it all the same";
}

TEST_F(Headroom, AsksTheSystemOnlyWhenMuchIsHeldAndSomeOfItIsFree) {
  headroom::assume_limit(1);
  EXPECT_FALSE(headroom::is_scarce(100 * kMiB, kMiB - 1));
  EXPECT_FALSE(headroom::is_scarce(10 * kMiB, 2 * kMiB));
  EXPECT_TRUE(headroom::is_scarce(100 * kMiB, kMiB));
  headroom::assume_limit(800 * kMiB);
  EXPECT_FALSE(headroom::is_scarce(690 * kMiB, 10 * kMiB));
  EXPECT_TRUE(headroom::is_scarce(691 * kMiB, 10 * kMiB));
}

}  // namespace
}  // namespace cenote::test
