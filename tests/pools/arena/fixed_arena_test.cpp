// One block from which pieces are cut, and which is taken back as a whole.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/fixed_arena.hpp>

#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

std::byte* take(FixedArena& arena, std::size_t size, std::size_t alignment = 1) {
  return static_cast<std::byte*>(arena.allocate(size, alignment));
}

TEST(FixedArena, BlocksFollowEachOtherWithoutAGap) {
  FixedArena arena{1000};
  std::byte* const first = take(arena, 7);
  EXPECT_EQ(take(arena, 100), first + 7);
  EXPECT_EQ(take(arena, 1), first + 107);
  EXPECT_EQ(arena.used(), 108U);
}

TEST(FixedArena, OnlyAlignmentLeavesAGapAndItCountsAsUsed) {
  FixedArena arena{1000};
  std::byte* const first = take(arena, 1, 64);
  EXPECT_TRUE(is_aligned(first, 64));
  EXPECT_EQ(take(arena, 8, 32), first + 32);
  EXPECT_EQ(arena.used(), 40U);
  EXPECT_TRUE(is_aligned(arena.allocate(1), alignof(std::max_align_t))) << "by default as malloc's";
  EXPECT_EQ(arena.used(), 49U);
}

TEST(FixedArena, RemainingIsExactToTheLastByte) {
  for (const std::size_t capacity : {1U, 15U, 100U, 4096U, 5000U}) {
    FixedArena arena{capacity};
    EXPECT_EQ(arena.capacity(), capacity);
    for (std::size_t used = 0; used < capacity; ++used) {
      EXPECT_EQ(arena.remaining(), capacity - used);
      EXPECT_EQ(arena.used(), used);
      EXPECT_FALSE(arena.try_allocate(capacity - used + 1, 1)) << "one more than there is";
      take(arena, 1);
    }
    EXPECT_EQ(arena.remaining(), 0U);
    EXPECT_EQ(arena.try_allocate(1, 1).error(), AllocError::exhausted);
    arena.reset();
    EXPECT_NE(take(arena, capacity), nullptr) << "all of it in one piece";
    EXPECT_EQ(arena.remaining(), 0U);
  }
}

TEST(FixedArena, RefusesNothingAndNonsenseByName) {
  FixedArena arena{1000};
  take(arena, 600);
  const std::size_t used = arena.used();
  EXPECT_EQ(arena.try_allocate(0).error(), AllocError::zero_size);
  EXPECT_EQ(arena.try_allocate(0, 3).error(), AllocError::zero_size);
  for (const std::size_t alignment :
       {std::size_t{0}, std::size_t{3}, std::size_t{24}, kLargestSize, 2 * kArenaAlignmentMax})
    EXPECT_EQ(arena.try_allocate(8, alignment).error(), AllocError::bad_alignment) << alignment;
  EXPECT_EQ(arena.try_allocate(401, 1).error(), AllocError::exhausted);
  for (const std::size_t size :
       {std::size_t{1001}, std::size_t{PTRDIFF_MAX}, kLargestSize - 4096, kLargestSize - 1, kLargestSize}) {
    EXPECT_EQ(arena.try_allocate(size, 1).error(), AllocError::too_large) << size;
    EXPECT_EQ(arena.try_allocate(size, 4096).error(), AllocError::too_large) << size;
  }
  EXPECT_EQ(arena.used(), used) << "a refusal changes nothing";
  EXPECT_THROW(static_cast<void>(arena.allocate(0)), AllocFailure);
  try {
    static_cast<void>(arena.allocate(2000));
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::too_large);
  }
  EXPECT_GE(arena.stats().failures, 17U);
}

TEST(FixedArena, ResetGivesTheSameMemoryAgainAndAsksNobody) {
  FakeMemory memory;
  FixedArena arena{64 * kKiB, memory};
  std::byte* const first = take(arena, 100);
  const FakeMemory::Calls before = memory.calls;
  for (int round = 0; round < 10; ++round) {
    arena.reset();
    EXPECT_EQ(arena.used(), 0U);
    EXPECT_EQ(take(arena, 100), first);
    while (arena.try_allocate(1000)) {
    }
  }
  EXPECT_EQ(memory.calls.map, before.map);
  EXPECT_EQ(memory.calls.release, before.release);
  EXPECT_EQ(memory.calls.purge, before.purge);
}

TEST(FixedArena, ScrubbedMemoryIsAllZeroHoweverItWasUsedBefore) {
  for (const Scrub scrub : {Scrub::zero, Scrub::decommit}) {
    FixedArena arena{100'000};
    for (const std::size_t used :
         {std::size_t{1}, std::size_t{5000}, std::size_t{100'000}, std::size_t{70'000}}) {
      std::memset(take(arena, used), 0xaa, used);
      arena.reset();  // what lies above the next blocks is old too
      std::memset(take(arena, used / 2 + 1), 0xbb, used / 2 + 1);
      arena.reset(scrub);
      EXPECT_TRUE(is_zero(take(arena, 100'000), 100'000)) << used;
      arena.reset();
    }
  }
}

TEST(FixedArena, BorrowedMemoryIsScrubbedToTheLastByteAndNotBeyond) {
  for (const Scrub scrub : {Scrub::zero, Scrub::decommit}) {
    std::vector<std::byte> storage(20'000, std::byte{0x77});
    FixedArena arena{Block{storage}.subspan(3, 19'990)};
    arena.reset(scrub);
    EXPECT_TRUE(is_zero(take(arena, 19'990), 19'990)) << "what the lender had there goes too";
    EXPECT_EQ(storage[2], std::byte{0x77});
    EXPECT_EQ(storage[19'993], std::byte{0x77});
  }
}

TEST(FixedArena, DecommitGivesPagesBackToTheSystem) {
  if (!gives_pages_back()) GTEST_SKIP() << kKeepsPages;
  FixedArena arena{kMiB};
  std::byte* const all = take(arena, kMiB);
  std::memset(all, 1, kMiB);
  EXPECT_EQ(resident_bytes(all, all + kMiB), kMiB);
  arena.reset(Scrub::decommit);
  EXPECT_EQ(resident_bytes(all, all + kMiB), 0U);
}

TEST(FixedArena, WhereTheSystemKeepsThePagesTheyAreOverwritten) {
  FakeMemory memory;
  memory.refuse_purge = true;
  FixedArena arena{50'000, memory};
  std::memset(take(arena, 50'000), 1, 50'000);
  arena.reset(Scrub::decommit);
  EXPECT_EQ(memory.calls.purge, 1U);
  EXPECT_TRUE(is_zero(take(arena, 50'000), 50'000));
}

TEST(FixedArena, BorrowsAnyMemoryAndFreesNone) {
  alignas(64) std::array<std::byte, 256> storage{};
  {
    FixedArena arena{Block{storage}.subspan(1, 100)};
    EXPECT_EQ(arena.capacity(), 100U);
    EXPECT_EQ(take(arena, 1), storage.data() + 1);
    EXPECT_EQ(take(arena, 16, 16), storage.data() + 16);
    EXPECT_EQ(arena.remaining(), 101U - 32U);
    EXPECT_EQ(arena.try_allocate(100, 16).error(), AllocError::too_large) << "would not fit were it empty";
  }
  FixedArena nothing{Block{}};
  EXPECT_EQ(nothing.capacity(), 0U);
  EXPECT_EQ(nothing.try_allocate(1).error(), AllocError::too_large);
  nothing.reset(Scrub::zero);
}

TEST(FixedArena, OwnsWhatItHandedOutSinceTheLastReset) {
  FixedArena arena{1000};
  std::byte* const block = take(arena, 10);
  EXPECT_TRUE(arena.owns(block));
  EXPECT_TRUE(arena.owns(block + 9));
  EXPECT_FALSE(arena.owns(block + 10));
  EXPECT_FALSE(arena.owns(&arena));
  arena.reset();
  EXPECT_FALSE(arena.owns(block));
}

TEST(FixedArena, MovesWithItsBlocksInPlace) {
  FakeMemory memory;
  {
    FixedArena arena{1000, memory};
    std::byte* const block = take(arena, 10);
    FixedArena other{std::move(arena)};
    EXPECT_EQ(arena.capacity(), 0U);  // NOLINT(bugprone-use-after-move): it has no memory, and says so
    EXPECT_FALSE(arena.try_allocate(1));
    EXPECT_EQ(take(other, 1), block + 10);
    FixedArena third{2000, memory};
    third = std::move(other);
    EXPECT_EQ(memory.held(), 1U) << "what it had before went back";
    EXPECT_EQ(third.used(), 11U);
  }
  EXPECT_EQ(memory.held(), 0U);
}

TEST(FixedArena, SaysWhyItCannotBeMade) {
  EXPECT_EQ(FixedArena::create(0).error(), AllocError::bad_option);
  EXPECT_EQ(FixedArena::create(SIZE_MAX).error(), AllocError::too_large);
  FakeMemory memory;
  memory.fail_after(0);
  EXPECT_EQ(FixedArena::create(1000, memory).error(), AllocError::out_of_memory);
  EXPECT_THROW((FixedArena{1000, memory}), AllocFailure);
  try {
    FixedArena arena{std::size_t{0}};
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_NE(std::string_view{failure.what()}.find("bytes"), std::string_view::npos);
  }
  memory.reset();
  EXPECT_TRUE(FixedArena::create(1000, memory));
  EXPECT_EQ(memory.held(), 0U);
}

TEST(FixedArena, StatisticsKnowThePeak) {
  FixedArena arena{1000};
  take(arena, 700);
  arena.reset();
  take(arena, 20);
  const ArenaStats stats = arena.stats();
  EXPECT_EQ(stats.used, 20U);
  EXPECT_EQ(stats.peak_used, 700U);
  EXPECT_EQ(stats.limit_bytes, 1000U);
  EXPECT_EQ(stats.bytes_committed, os::page_bytes());
  EXPECT_EQ(stats.chunks, 1U);
}

}  // namespace
}  // namespace cenote::test
