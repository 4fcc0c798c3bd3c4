// An arena for many threads: each bumps in chunks of its own.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

template <class F>
void on_threads(std::size_t count, F body) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

std::byte* take(ConcurrentArena& arena, std::size_t size, std::size_t alignment = 1) {
  return static_cast<std::byte*>(arena.allocate(size, alignment));
}

TEST(ConcurrentArena, AThreadsBlocksFollowEachOther) {
  ConcurrentArena arena;
  std::byte* const first = take(arena, 7);
  EXPECT_EQ(take(arena, 100), first + 7);
  EXPECT_EQ(take(arena, 8, 8), first + 112);
  EXPECT_EQ(arena.used(), 120U);
  EXPECT_TRUE(is_aligned(arena.allocate(1), alignof(std::max_align_t)));
  EXPECT_TRUE(arena.owns(first + 119));
  EXPECT_FALSE(arena.owns(&arena));
}

TEST(ConcurrentArena, NoBlockOverlapsAnothersThread) {
  constexpr std::size_t kThreads = 6, kBlocks = 3000;
  ConcurrentArena arena{{.chunk_bytes = 4096}};
  std::vector<std::vector<std::byte*>> blocks(kThreads);
  std::atomic<std::size_t> bytes{0};
  on_threads(kThreads, [&](std::size_t t) {
    for (std::size_t i = 0; i < kBlocks; ++i) {
      const std::size_t size = (i * 31 + t) % 200 + 1;
      blocks[t].push_back(take(arena, size, std::size_t{1} << i % 7));
      EXPECT_TRUE(is_aligned(blocks[t].back(), std::size_t{1} << i % 7));
      fill_pattern(blocks[t].back(), size, i * kThreads + t);
      bytes += size;
    }
  });
  for (std::size_t t = 0; t < kThreads; ++t) {
    for (std::size_t i = 0; i < kBlocks; ++i)
      EXPECT_TRUE(holds_pattern(blocks[t][i], (i * 31 + t) % 200 + 1, i * kThreads + t));
  }
  EXPECT_GE(arena.used(), bytes.load());
  EXPECT_LE(arena.used(), bytes.load() + kThreads * kBlocks * 64);
}

TEST(ConcurrentArena, RefusesNonsenseByNameAndChangesNothing) {
  ConcurrentArena arena;
  EXPECT_EQ(arena.try_allocate(0).error(), AllocError::zero_size);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(arena.try_allocate(0).error(), AllocError::zero_size);
    for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, SIZE_MAX})
      EXPECT_EQ(arena.try_allocate(8, alignment).error(), AllocError::bad_alignment) << alignment;
    for (const std::size_t size : {std::size_t{PTRDIFF_MAX} + 1, SIZE_MAX})
      EXPECT_EQ(arena.try_allocate(size, 64).error(), AllocError::too_large) << size;
    EXPECT_THROW(static_cast<void>(arena.allocate(0)), AllocFailure);
    if (round == 0) static_cast<void>(arena.allocate(10));
  }
  EXPECT_EQ(arena.used(), 10U);
  EXPECT_EQ(arena.stats().failures, 15U);
  EXPECT_THROW((ConcurrentArena{{.chunk_bytes = 0}}), AllocFailure);
}

TEST(ConcurrentArena, AfterAResetTheSameWorkAsksForNoMemory) {
  FakeMemory memory;
  const std::size_t page = os::page_bytes();
  ConcurrentArena arena{{.chunk_bytes = page}, memory};
  std::atomic<std::size_t> done{0};
  const auto work = [&](std::size_t) {
    for (int i = 0; i < 300; ++i) take(arena, page / 32);
    ++done;
    while (done.load() % 3 != 0) std::this_thread::yield();  // none ends before each has a lane
  };
  on_threads(3, work);
  const FakeMemory::Calls calls = memory.calls;
  for (int round = 0; round < 5; ++round) {
    arena.reset();
    EXPECT_EQ(arena.used(), 0U);
    on_threads(3, work);
    EXPECT_EQ(arena.used(), 3U * 300 * (page / 32));
  }
  EXPECT_EQ(memory.calls.map, calls.map);
  EXPECT_EQ(memory.calls.release, 0U);
  EXPECT_EQ(arena.stats().peak_used, 3U * 300 * (page / 32));
  arena.reset();
  EXPECT_GT(arena.trim(), 0U);
  EXPECT_EQ(arena.stats().chunks, 3U);
}

TEST(ConcurrentArena, ThreadsThatComeAndGoDoNotAddUpAcrossResets) {
  FakeMemory memory;
  ConcurrentArena arena{{}, memory};
  for (int i = 0; i < 200; ++i) {
    on_threads(1, [&](std::size_t) { take(arena, 100); });
    arena.reset();
  }
  EXPECT_EQ(arena.stats().chunks, 1U);
}

TEST(ConcurrentArena, AThreadFindsItsLaneInEachOfManyArenas) {
  std::vector<std::unique_ptr<ConcurrentArena>> arenas;
  for (int i = 0; i < 20; ++i) arenas.push_back(std::make_unique<ConcurrentArena>());
  for (int round = 0; round < 10; ++round) {
    for (const auto& arena : arenas) take(*arena, 100);
  }
  for (const auto& arena : arenas) {
    EXPECT_EQ(arena->used(), 1000U);
    EXPECT_EQ(arena->stats().chunks, 1U) << "one lane, though others came between";
  }
}

TEST(ConcurrentArena, ScrubbedMemoryIsAllZeroOnEveryThread) {
  for (const Scrub scrub : {Scrub::zero, Scrub::decommit}) {
    ConcurrentArena arena{{.chunk_bytes = 8192}};
    on_threads(3, [&](std::size_t) {
      for (int i = 0; i < 50; ++i) std::memset(take(arena, 1000), 0xaa, 1000);
    });
    arena.reset(scrub);
    on_threads(3, [&](std::size_t) {
      for (int i = 0; i < 50; ++i) EXPECT_TRUE(is_zero(take(arena, 1000), 1000));
    });
  }
}

TEST(ConcurrentArena, ThreadsTogetherNeverPassTheLimitAndNearlyReachIt) {
  constexpr std::size_t kLimit = 300 * kKiB;
  ConcurrentArena arena{{.chunk_bytes = 4096, .limit_bytes = kLimit}};
  for (int round = 0; round < 3; ++round) {
    on_threads(4, [&](std::size_t) {
      Result<void*> block = arena.try_allocate(48);
      for (; block; block = arena.try_allocate(48)) EXPECT_LE(arena.used(), kLimit);
      EXPECT_EQ(block.error(), AllocError::limit_reached);
    });
    EXPECT_LE(arena.used(), kLimit);
    EXPECT_GE(arena.used(), kLimit - 4 * 64) << "no thread keeps more than a crumb";
    arena.reset();
  }
  EXPECT_EQ(arena.try_allocate(kLimit + 1, 1).error(), AllocError::limit_reached);
  EXPECT_TRUE(arena.try_allocate(kLimit, 1));
  EXPECT_EQ(arena.try_allocate(1, 1).error(), AllocError::limit_reached);
}

TEST(ConcurrentArena, LimitedChunksAreAsLargeAsOthers) {
  FakeMemory memory;
  ConcurrentArena arena{{.chunk_bytes = 64 * kKiB, .limit_bytes = 10 * kMiB}, memory};
  for (int i = 0; i < 600; ++i) take(arena, 100);
  EXPECT_EQ(arena.stats().chunks, 1U);
}

TEST(ConcurrentArena, LivesOnAnyPoolForAnyThreadAndGivesAllBack) {
  BuddyAllocator buddies{{.bytes = 4 * kMiB}};
  BlockPool<> blocks{{.block_size = 16 * kKiB, .capacity = 100}};
  for (const ChunkSource upstream : {ChunkSource{buddies}, ChunkSource{blocks}}) {
    ConcurrentArena arena{{.chunk_bytes = 16 * kKiB}, upstream};
    on_threads(4, [&](std::size_t t) {
      for (int i = 0; i < 100; ++i) fill_pattern(take(arena, 500), 500, t);
    });
    arena.reset(Scrub::zero);
    EXPECT_TRUE(is_zero(take(arena, 10'000), 10'000));
  }
  EXPECT_EQ(buddies.largest_free(), 4 * kMiB);
  EXPECT_EQ(blocks.in_use(), 0U);
}

TEST(ConcurrentArena, EveryRefusalOfTheSystemIsSurvivedWithoutALoss) {
  const std::size_t page = os::page_bytes();
  std::size_t refusals = 0;
  for (bool fired = true; fired; ++refusals) {
    FakeMemory memory;
    {
      ConcurrentArena arena{{.chunk_bytes = page}, memory};
      memory.fail_after(refusals);
      for (int i = 0; i < 10; ++i) {
        const Result<void*> block = arena.try_allocate(page / 4);
        if (!block) {
          EXPECT_EQ(block.error(), AllocError::out_of_memory);
        }
      }
      arena.reset(Scrub::decommit);
      fired = memory.fired();
      memory.reset();
      EXPECT_TRUE(arena.try_allocate(12 * page)) << "recovers";
    }
    EXPECT_EQ(memory.held(), 0U) << "after refusal " << refusals;
  }
  EXPECT_GE(refusals, 4U) << "a lane, a chunk, another, a purge";
}

}  // namespace
}  // namespace cenote::test
