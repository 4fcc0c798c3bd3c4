// Built with AddressSanitizer, a touch of what an arena has taken back is reported where it happens.
#include <cstddef>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/annotate.hpp>
#include <cenote/fixed_arena.hpp>

#include "support/aborts.hpp"
#include "support/sizes.hpp"

namespace cenote::test {

class AnnotatedArenaDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!annotate::kActive) GTEST_SKIP() << "blocks are annotated in builds with AddressSanitizer only";
  }
  static void touch(const void* address) { static_cast<void>(*static_cast<const volatile char*>(address)); }
  static std::byte* take(auto& arena, std::size_t size, std::size_t alignment = 16) {
    return static_cast<std::byte*>(arena.allocate(size, alignment));
  }
};

TEST_F(AnnotatedArenaDeathTest, ATouchAfterAResetIsReported) {
  FixedArena fixed{1000};
  Arena arena;
  ConcurrentArena concurrent;
  std::byte* const in_fixed = take(fixed, 100);
  std::byte* const in_arena = take(arena, 100);
  std::byte* const in_concurrent = take(concurrent, 100);
  for (const std::byte* const block : {in_fixed, in_arena, in_concurrent}) touch(block + 99);
  fixed.reset();
  arena.reset();
  concurrent.reset();
  for (const std::byte* const block : {in_fixed, in_arena, in_concurrent}) {
    EXPECT_DEATH(touch(block), "use-after-poison");
    EXPECT_DEATH(touch(block + 99), "use-after-poison");
  }
}

TEST_F(AnnotatedArenaDeathTest, ATouchAfterARestoreIsReportedAndOfWhatStaysNot) {
  Arena arena;
  std::byte* const stays = take(arena, 100);
  const Checkpoint here = arena.checkpoint();
  std::byte* const goes = take(arena, 100);
  static_cast<void>(arena.checkpoint());
  arena.restore(here);
  touch(stays + 99);
  EXPECT_DEATH(touch(goes), "use-after-poison");
  EXPECT_DEATH(touch(goes + 99), "use-after-poison");
}

TEST_F(AnnotatedArenaDeathTest, RunningBeyondTheLastBlockIsReported) {
  FixedArena fixed{1000};
  EXPECT_DEATH(touch(take(fixed, 100, 1) + 100), "use-after-poison") << "also inside a grain";
  Arena arena;
  EXPECT_DEATH(touch(take(arena, 100, 1) + 100), "use-after-poison");
  ConcurrentArena concurrent;
  EXPECT_DEATH(touch(take(concurrent, 100, 1) + 100), "use-after-poison");
}

TEST_F(AnnotatedArenaDeathTest, EveryByteInUseMayBeTouchedThroughAnyLife) {
  Arena arena{{.chunk_bytes = 512}};
  for (int round = 0; round < 20; ++round) {
    std::vector<Checkpoint> points;
    for (std::size_t i = 0; i < 300; ++i) {
      const std::size_t size = (i * 7 + static_cast<std::size_t>(round)) % 40 + 1;
      std::memset(take(arena, size, std::size_t{1} << i % 5), 1, size);
      points.push_back(arena.checkpoint());
      std::memset(take(arena, size, 1), 2, size);
      if (i % 3 == 0) arena.restore(points.back());
      if (i % 50 == 49) {
        arena.restore(points[i - 20]);
        points.resize(i - 20);
        points.resize(i + 1, arena.checkpoint());
      }
    }
    arena.reset(static_cast<Scrub>(round % 3));
  }
}

TEST_F(AnnotatedArenaDeathTest, MemoryOfADeadArenaMayBeTouchedByItsNextOwner) {
  std::vector<std::byte> storage(1000);
  { FixedArena fixed{Block{storage}}; }
  std::memset(storage.data(), 1, storage.size());
  BuddyAllocator buddies{{.bytes = kMiB}};
  {
    Arena arena{{}, buddies};
    take(arena, 1000);
    ConcurrentArena concurrent{{}, buddies};
    take(concurrent, 1000);
  }
  void* const all = buddies.allocate(kMiB);
  std::memset(all, 1, kMiB);
  buddies.deallocate(all);
  for (int i = 0; i < 50; ++i) {
    Arena arena;
    std::memset(take(arena, 50'000), i, 50'000);
  }
}

}  // namespace cenote::test
