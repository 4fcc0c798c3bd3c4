// An arena that grows: blocks, chunks, limit, reset.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

std::byte* take(Arena& arena, std::size_t size, std::size_t alignment = 1) {
  return static_cast<std::byte*>(arena.allocate(size, alignment));
}

TEST(Arena, BlocksFollowEachOtherWithNothingButAlignmentBetween) {
  Arena arena;
  std::byte* const first = take(arena, 7);
  EXPECT_EQ(take(arena, 100), first + 7);
  EXPECT_EQ(take(arena, 8, 8), first + 112);
  EXPECT_EQ(arena.used(), 120U);
  EXPECT_TRUE(is_aligned(arena.allocate(1), alignof(std::max_align_t)));
}

TEST(Arena, GrowsByChunksAndKeepsWhatItHandedOut) {
  FakeMemory memory;
  Arena arena{{.chunk_bytes = 4096}, memory};
  EXPECT_EQ(memory.calls.map, 0U) << "nothing is asked for in advance";
  std::vector<std::byte*> blocks;
  for (std::size_t i = 0; i < 2000; ++i) {
    blocks.push_back(take(arena, i % 300 + 1, std::size_t{1} << i % 7));
    fill_pattern(blocks.back(), i % 300 + 1, i);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) EXPECT_TRUE(holds_pattern(blocks[i], i % 300 + 1, i));
  const ArenaStats stats = arena.stats();
  EXPECT_GT(stats.chunks, 2U);
  EXPECT_LE(stats.chunks, 9U) << "each is twice as large as the one before";
  EXPECT_EQ(stats.chunks, memory.held());
  EXPECT_EQ(stats.used, arena.used());
  EXPECT_GE(stats.bytes_committed, stats.used);
}

TEST(Arena, ChunksStopDoublingAt64TimesTheFirst) {
  Arena arena{{.chunk_bytes = 4096}};
  while (arena.used() < 2 * kMiB) take(arena, 1000);
  const std::size_t before = arena.stats().bytes_committed, chunks = arena.stats().chunks;
  while (arena.stats().chunks == chunks) take(arena, 1000);
  EXPECT_EQ(arena.stats().bytes_committed - before, 64U * 4096);
}

TEST(Arena, ServesAnySizeAndAlignment) {
  Arena arena{{.chunk_bytes = 1}};
  for (std::size_t alignment = 1; alignment <= 2 * kMiB; alignment *= 2) {
    for (const std::size_t size : {std::size_t{1}, alignment - 1, alignment + 1, 3 * kMiB}) {
      if (size == 0) continue;
      std::byte* const block = take(arena, size, alignment);
      EXPECT_TRUE(is_aligned(block, alignment));
      block[0] = block[size - 1] = std::byte{1};
    }
  }
}

TEST(Arena, RefusesNonsenseByNameAndChangesNothing) {
  FakeMemory memory;
  Arena arena{{}, memory};
  take(arena, 10);
  EXPECT_EQ(arena.try_allocate(0).error(), AllocError::zero_size);
  for (const std::size_t alignment : {std::size_t{0}, std::size_t{3}, kLargestSize, 2 * kArenaAlignmentMax})
    EXPECT_EQ(arena.try_allocate(8, alignment).error(), AllocError::bad_alignment) << alignment;
  for (const std::size_t size : {std::size_t{PTRDIFF_MAX} + 1, kLargestSize - 4096, kLargestSize}) {
    EXPECT_EQ(arena.try_allocate(size).error(), AllocError::too_large) << size;
    EXPECT_EQ(arena.try_allocate(size, 4096).error(), AllocError::too_large) << size;
  }
  memory.fail_after(0);
  EXPECT_EQ(arena.try_allocate(kMiB).error(), AllocError::out_of_memory);
  EXPECT_THROW(static_cast<void>(arena.allocate(0)), AllocFailure);
  EXPECT_EQ(arena.used(), 10U);
  EXPECT_EQ(arena.stats().failures, 13U);
  EXPECT_THROW((Arena{{.chunk_bytes = 0}}), AllocFailure);
}

TEST(Arena, CreateReturnsWhatTheConstructorThrows) {
  EXPECT_EQ(Arena::create({.chunk_bytes = 0}).error(), AllocError::bad_option);
  Result<Arena> arena = Arena::create({.chunk_bytes = 4096, .limit_bytes = 100});
  ASSERT_TRUE(arena.has_value());
  EXPECT_NE(arena->allocate(100, 1), nullptr);
  EXPECT_EQ(arena->try_allocate(1).error(), AllocError::limit_reached);
}

TEST(Arena, UsedReachesTheLimitExactlyAndNeverPassesIt) {
  for (const std::size_t limit : {std::size_t{1}, std::size_t{1000}, 64 * kKiB, 300 * kKiB + 7}) {
    Arena arena{{.limit_bytes = limit}};
    EXPECT_EQ(arena.try_allocate(limit + 1, 1).error(), AllocError::limit_reached);
    take(arena, limit);
    EXPECT_EQ(arena.used(), limit);
    EXPECT_EQ(arena.try_allocate(1, 1).error(), AllocError::limit_reached);
    arena.reset();
    std::size_t bytes = 0;
    for (std::size_t size = 1; arena.try_allocate(size, 1); size = size % 97 + 1) bytes += size;
    EXPECT_EQ(arena.used(), bytes);
    EXPECT_LE(arena.used(), limit);
    EXPECT_GE(arena.used() + 97, limit);
    while (arena.try_allocate(1, 1)) {
    }
    EXPECT_EQ(arena.used(), limit) << "the ends of chunks that did not fit do not count";
    EXPECT_EQ(arena.try_allocate(1, 1).error(), AllocError::limit_reached);
  }
}

TEST(Arena, AfterAResetTheSameWorkAsksForNoMemory) {
  FakeMemory memory;
  Arena arena{{.chunk_bytes = 4096}, memory};
  std::vector<void*> first_time;
  for (int round = 0; round < 5; ++round) {
    for (std::size_t i = 0; i < 500; ++i) {
      void* const block = arena.allocate(i + 1);
      if (round == 0) first_time.push_back(block);
      EXPECT_EQ(block, first_time[i]) << "not even a place changes";
    }
    const FakeMemory::Calls calls = memory.calls;
    arena.reset();
    EXPECT_EQ(arena.used(), 0U);
    EXPECT_EQ(memory.calls.map, calls.map);
    EXPECT_EQ(memory.calls.release, 0U);
    if (round == 0) memory.fail_after(0);
  }
  EXPECT_FALSE(memory.fired());
}

TEST(Arena, TrimGivesBackTheChunksThatAreNotInUse) {
  FakeMemory memory;
  const std::size_t page = os::page_bytes();
  Arena arena{{.chunk_bytes = page}, memory};
  for (int i = 0; i < 100; ++i) take(arena, page / 4);
  const std::size_t committed = arena.stats().bytes_committed;
  EXPECT_EQ(arena.trim(), 0U) << "all are in use";
  arena.reset();
  EXPECT_EQ(arena.trim(), committed - page);
  EXPECT_EQ(memory.held(), 1U);
  EXPECT_EQ(arena.stats().bytes_committed, page);
  take(arena, page + 1000);
}

TEST(Arena, AChunkThatIsTooSmallIsKeptForSmallerBlocks) {
  FakeMemory memory;
  const std::size_t page = os::page_bytes();
  Arena arena{{.chunk_bytes = page}, memory};
  take(arena, page - 96);
  take(arena, 2 * page - 192);
  arena.reset();
  take(arena, 12 * page);
  EXPECT_EQ(memory.held(), 3U);
  take(arena, 2 * page - 192);
  EXPECT_EQ(memory.held(), 3U) << "what the first chunk had no room for has one that was passed over before";
}

TEST(Arena, ScrubbedMemoryIsAllZeroInEveryChunk) {
  for (const Scrub scrub : {Scrub::zero, Scrub::decommit}) {
    Arena arena{{.chunk_bytes = 8192}};
    for (int round = 0; round < 3; ++round) {
      for (int i = 0; i < 100; ++i) {
        std::memset(take(arena, 1000), 0xaa, 1000);
        const Checkpoint here = arena.checkpoint();
        std::memset(take(arena, 50), 0xbb, 50);
        static_cast<void>(arena.checkpoint());
        arena.restore(here);
        std::memset(take(arena, 10), 0xcc, 10);
      }
      if (round != 1) arena.reset(scrub);
      if (round == 1) {
        arena.reset();
        take(arena, 100);
        arena.reset(scrub);
      }
      const std::size_t committed = arena.stats().bytes_committed;
      while (arena.stats().bytes_committed == committed && arena.used() < committed) {
        const Result<void*> block = arena.try_allocate(16, 1);
        ASSERT_TRUE(is_zero(*block, 16)) << arena.used();
      }
      arena.reset();
    }
  }
}

TEST(Arena, DecommitGivesThePagesOfAllChunksBackToTheSystem) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  const std::size_t page = os::page_bytes();
  Arena arena{{.chunk_bytes = 16 * page}};
  std::vector<std::byte*> blocks;
  for (int i = 0; i < 30; ++i) {
    blocks.push_back(take(arena, 8 * page, page));
    std::memset(blocks.back(), 1, 8 * page);
  }
  arena.reset(Scrub::decommit);
  for (std::byte* const block : blocks) EXPECT_EQ(resident_bytes(block, block + 8 * page), 0U);
}

TEST(Arena, OwnsWhatIsInUse) {
  const std::size_t size = os::page_bytes() - 96;  // a chunk for each
  Arena arena{{.chunk_bytes = os::page_bytes()}};
  std::byte* const first = take(arena, size);
  std::byte* const second = take(arena, size);
  EXPECT_TRUE(arena.owns(first));
  EXPECT_TRUE(arena.owns(first + size - 1));
  EXPECT_FALSE(arena.owns(first + size));
  EXPECT_TRUE(arena.owns(second));
  EXPECT_FALSE(arena.owns(first - 1));
  EXPECT_FALSE(arena.owns(&arena));
  EXPECT_FALSE(arena.owns(nullptr));
  arena.reset();
  EXPECT_FALSE(arena.owns(first));
  EXPECT_FALSE(arena.owns(second));
}

TEST(Arena, MovesWithBlocksCheckpointsAndReferences) {
  FakeMemory memory;
  {
    Arena arena{{.name = "moved"}, memory};
    int* const number = arena.make<int>(7);
    const ArenaRef<int> ref = arena.ref(number);
    const Checkpoint here = arena.checkpoint();
    static_cast<void>(arena.allocate(100));
    Arena other{std::move(arena)};
    EXPECT_EQ(ref.get(), number);
    EXPECT_TRUE(other.try_restore(here));
    EXPECT_EQ(arena.try_restore(here).error(), AllocError::foreign_block);  // NOLINT(bugprone-use-after-move)
    static_cast<void>(arena.allocate(100));                                 // may be used, as one that is new
    Arena third{{}, memory};
    static_cast<void>(third.allocate(1));
    third = std::move(other);
    EXPECT_EQ(*ref.get(), 7);
    third.reset();
    EXPECT_EQ(ref.get(), nullptr);
  }
  EXPECT_EQ(memory.held(), 0U);
}

TEST(Arena, StatisticsKnowThePeak) {
  Arena arena{{.limit_bytes = kMiB}};
  const Checkpoint before = arena.checkpoint();
  take(arena, 5000);
  arena.restore(before);
  EXPECT_EQ(arena.stats().peak_used, 5000U);
  take(arena, 7000);
  EXPECT_EQ(arena.stats().peak_used, 7000U);
  arena.reset();
  EXPECT_EQ(arena.stats().peak_used, 7000U);
  EXPECT_EQ(arena.stats().used, 0U);
  EXPECT_EQ(arena.stats().limit_bytes, kMiB);
}

TEST(Arena, HugePagesAreAskedForOrItSaysNormal) {
  Arena arena{{.chunk_bytes = 4 * kMiB, .pages = PageKind::transparent_huge}};
  std::memset(take(arena, 3 * kMiB), 1, 3 * kMiB);
  EXPECT_EQ(arena.stats().pages, PageKind::transparent_huge);

  Arena small{{.chunk_bytes = 4096, .pages = PageKind::transparent_huge}};
  take(small, 100);
  EXPECT_EQ(small.stats().pages, PageKind::normal) << "no chunk holds a huge page yet";
}

TEST(Arena, ReservedHugePagesAreTakenWholeOrReplacedByNormalOnes) {
  for (const PageKind kind : {PageKind::huge_2mib, PageKind::huge_1gib}) {
    Arena arena{{.pages = kind}};
    EXPECT_EQ(arena.stats().pages, PageKind::normal);
    for (int round = 0; round < 3; ++round) {
      std::byte* const block = take(arena, 5 * kMiB);
      EXPECT_EQ(block[0] | block[5 * kMiB - 1], std::byte{0});
      std::memset(block, 1, 5 * kMiB);
      take(arena, 100);
      const ArenaStats stats = arena.stats();
      EXPECT_TRUE(stats.pages == kind || stats.pages == PageKind::normal);
      if (stats.pages == kind) {
        EXPECT_EQ(stats.bytes_committed % (2 * kMiB), 0U);
      }
      arena.reset(Scrub::decommit);
    }
  }
}

}  // namespace
}  // namespace cenote::test
