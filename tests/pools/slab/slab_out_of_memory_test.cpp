/// What happens when the system refuses memory: from its first call on, then from its second on, until a run
/// asks for no more.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/slab_allocator.hpp>

#include "support/behind.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

struct Held {
  void* block;
  std::size_t bytes;
};

std::size_t marked(std::size_t bytes) { return std::min(bytes, kKiB); }

void run_workload(SlabAllocator& slabs) {
  std::vector<Held> held;
  for (int round = 0; round < 2; ++round) {
    for (const std::size_t size :
         {std::size_t{8}, std::size_t{48}, 3 * kKiB, 30 * kKiB, 100 * kKiB, 900 * kKiB, 2 * kMiB, 3 * kMiB}) {
      for (int i = 0; i < 12; ++i) {
        const Result<void*> block = slabs.try_allocate(size, 8);
        if (!block) {
          EXPECT_EQ(block.error(), AllocError::out_of_memory);
          continue;
        }
        fill_pattern(*block, marked(size), held.size());
        held.push_back({*block, size});
      }
      slabs.check_invariants();
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
      EXPECT_TRUE(holds_pattern(held[i].block, marked(held[i].bytes), i));
      EXPECT_TRUE(slabs.try_deallocate(held[i].block));
    }
    held.clear();
    slabs.trim();
  }
}

TEST(SlabOutOfMemory, EveryRefusalIsAnErrorAndNothingIsLostByIt) {
  static FakeMemory& memory = *new FakeMemory;  // what it reserves stays with the process's page heap
  std::size_t fired = 0;
  for (std::size_t n = 0;; ++n) {
    memory.reset();
    const std::size_t used_before = g_backing.pages.used_bytes();
    {
      const Behind behind{memory};
      memory.fail_after(n);
      Result<SlabAllocator> slabs = SlabAllocator::create({.name = "walk"});
      if (slabs) {
        run_workload(*slabs);
        EXPECT_EQ(slabs->stats().bytes_held, 0U) << "after refusal " << n;
      } else {
        EXPECT_EQ(slabs.error(), AllocError::out_of_memory);
      }
    }
    g_backing.pages.check_invariants();
    EXPECT_EQ(g_backing.pages.used_bytes(), used_before) << "after refusal " << n;
    if (!memory.fired()) break;
    ++fired;
    ASSERT_LT(n, 2000U) << "the walk does not end";
  }
  EXPECT_GT(fired, 20U) << "the workload asks the system too seldom to be a walk";
}

TEST(SlabOutOfMemory, EmptySlabsMakeWayWhenTheSystemRefuses) {
  static FakeMemory& memory = *new FakeMemory;
  const Behind behind{memory};
  memory.reset();
  SlabAllocator slabs;
  std::vector<void*> small;
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) small.push_back(slabs.allocate(64));
  memory.fail_after(0);
  while (const Result<void*> block = slabs.try_allocate(1024)) blocks.push_back(*block);
  for (void* const block : small) slabs.deallocate(block);
  const Result<void*> other = slabs.try_allocate(4096);
  ASSERT_TRUE(other) << "the small blocks' slab is free for others";
  blocks.push_back(*other);
  memory.reset();
  EXPECT_THROW(
      {
        memory.fail_after(0);
        for (;;) blocks.push_back(slabs.allocate(1024));
      },
      AllocFailure);
  memory.reset();
  for (void* const block : blocks) slabs.deallocate(block);
}

}  // namespace
}  // namespace cenote::test
