// Arenas on pools, and a system that refuses.
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

static_assert(ChunkPool<BuddyAllocator> && ChunkPool<Heap> && ChunkPool<SlabAllocator> && ChunkPool<Arena> &&
              ChunkPool<FixedArena> && ChunkPool<BlockPool<>>);
static_assert(!ChunkPool<FixedPool<int>> && !ChunkPool<int>);

/// Blocks through all sizes, checkpoints and resets over that upstream.
void work_over(ChunkSource upstream) {
  Arena arena{{.chunk_bytes = 8 * kKiB}, upstream};
  for (int round = 0; round < 3; ++round) {
    arena.make<std::string>(100, 'a');
    const Checkpoint here = arena.checkpoint();
    std::vector<std::byte*> blocks;
    for (std::size_t i = 1; i < 60; ++i) {
      blocks.push_back(static_cast<std::byte*>(arena.allocate(i * 16)));
      fill_pattern(blocks.back(), i * 16, i);
    }
    for (std::size_t i = 1; i < 60; ++i) EXPECT_TRUE(holds_pattern(blocks[i - 1], i * 16, i));
    arena.restore(here);
    std::memset(arena.allocate(5000), 1, 5000);
    arena.reset(static_cast<Scrub>(round));
    if (round != 0) {
      EXPECT_TRUE(is_zero(arena.allocate(4000), 4000)) << "also what the pool had there before";
    }
  }
}

TEST(ArenaUpstream, AnyPoolWillDoAndGetsAllBack) {
  BuddyAllocator buddies{{.bytes = kMiB}};
  work_over(buddies);
  EXPECT_EQ(buddies.largest_free(), kMiB);
  Heap heap{{.name = "upstream"}};
  work_over(heap);
  SlabAllocator slabs;
  work_over(slabs);
  FixedArena fixed{kMiB};
  work_over(fixed);
  Arena arena;
  work_over(arena);
}

TEST(ArenaUpstream, APoolOfEqualBlocksGivesOneForEachChunk) {
  BlockPool<SingleThread> blocks{{.block_size = 16 * kKiB, .capacity = 10}};
  work_over(blocks);
  EXPECT_EQ(blocks.in_use(), 0U);
  Arena arena{{}, blocks};
  for (int i = 0; i < 3; ++i) static_cast<void>(arena.allocate(10'000));
  EXPECT_EQ(blocks.in_use(), 3U);
  EXPECT_EQ(arena.try_allocate(20'000).error(), AllocError::too_large);
  while (arena.try_allocate(10'000)) {
  }
  EXPECT_EQ(arena.try_allocate(10'000).error(), AllocError::exhausted) << "as the pool says";
  EXPECT_TRUE(arena.try_allocate(1000)) << "what is there can still be used";
}

TEST(ArenaUpstream, BlocksThatAreTooLittleAlignedAreRefusedByName) {
  BlockPool<SingleThread> blocks{{.block_size = 1000, .capacity = 10, .alignment = 8}};
  Arena arena{{}, blocks};
  EXPECT_EQ(arena.try_allocate(1).error(), AllocError::bad_alignment);
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(ArenaUpstream, WhereALargeChunkIsNotToBeHadASmallOneServes) {
  BuddyAllocator buddies{{.bytes = 64 * kKiB}};
  Arena arena{{.chunk_bytes = 64 * kKiB}, buddies};
  void* const taken = buddies.allocate(4096);
  EXPECT_TRUE(arena.try_allocate(1000));
  EXPECT_EQ(arena.try_allocate(40 * kKiB).error(), AllocError::exhausted);
  buddies.deallocate(taken);
}

TEST(ArenaUpstream, EveryRefusalOfTheSystemIsSurvivedWithoutALoss) {
  const std::size_t page = os::page_bytes();
  std::size_t refusals = 0;
  for (;; ++refusals) {
    FakeMemory memory;
    {
      Arena arena{{.chunk_bytes = page}, memory};
      memory.fail_after(refusals);
      void* const first = arena.try_allocate(100).value_or(nullptr);
      const Checkpoint here = arena.checkpoint();
      const std::size_t used = arena.used();
      for (int i = 0; i < 20; ++i) {
        const Result<void*> block = arena.try_allocate(page / 4);
        if (!block) {
          EXPECT_EQ(block.error(), AllocError::out_of_memory);
        }
      }
      arena.restore(here);
      EXPECT_EQ(arena.used(), used);
      arena.reset(Scrub::decommit);
      const bool fired = memory.fired();
      memory.reset();
      EXPECT_TRUE(arena.try_allocate(12 * page)) << "recovers";
      if (!fired) {
        EXPECT_NE(first, nullptr);
        break;
      }
    }
    EXPECT_EQ(memory.held(), 0U) << "after refusal " << refusals;
  }
  EXPECT_GE(refusals, 3U) << "the first chunk, a large one, a purge";
}

TEST(ArenaUpstream, ACheckpointWithoutMemoryIsOneOfAnEmptyArena) {
  FakeMemory memory;
  Arena arena{{}, memory};
  memory.fail_after(0);
  const Checkpoint here = arena.checkpoint();
  EXPECT_EQ(memory.held(), 0U);
  memory.reset();
  static_cast<void>(arena.allocate(100));
  arena.restore(here);
  EXPECT_EQ(arena.used(), 0U);
  EXPECT_EQ(memory.held(), 0U) << "the first chunk is a later one";
  static_cast<void>(arena.allocate(100));
  EXPECT_TRUE(arena.try_restore(here));
}

}  // namespace
}  // namespace cenote::test
