// Checkpoints, scopes, and references that know when they are dead.
#include <cstddef>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"
#include "support/misuse_recorder.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

TEST(ArenaCheckpoint, RestoreTakesBackWhatCameSince) {
  Arena arena;
  static_cast<void>(arena.allocate(100));
  const std::size_t used = arena.used();
  const Checkpoint here = arena.checkpoint();
  EXPECT_EQ(arena.used(), used) << "a checkpoint takes no room";
  void* const block = arena.allocate(50);
  static_cast<void>(arena.allocate(5000));
  arena.restore(here);
  EXPECT_EQ(arena.used(), used);
  EXPECT_EQ(arena.allocate(50), block);
}

TEST(ArenaCheckpoint, AnyEarlierOneMayBeRestoredAndAgain) {
  Arena arena{{.chunk_bytes = 4096}};
  std::vector<Checkpoint> points;
  std::vector<std::size_t> used;
  for (int i = 0; i < 40; ++i) {
    points.push_back(arena.checkpoint());
    used.push_back(arena.used());
    static_cast<void>(arena.allocate(700));
  }
  for (const std::size_t at : {30U, 30U, 29U, 5U, 5U, 0U}) {
    arena.restore(points[at]);
    EXPECT_EQ(arena.used(), used[at]);
    static_cast<void>(arena.allocate(100));
  }
}

TEST(ArenaCheckpoint, LaterChunksGoBackUpstreamAtOnce) {
  FakeMemory memory;
  const std::size_t page = os::page_bytes();
  Arena arena{{.chunk_bytes = page}, memory};
  static_cast<void>(arena.allocate(100));
  const Checkpoint here = arena.checkpoint();
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 30; ++i) static_cast<void>(arena.allocate(page / 4));
    EXPECT_GT(memory.held(), 1U);
    arena.restore(here);
    EXPECT_EQ(memory.held(), 1U);
    EXPECT_EQ(arena.stats().chunks, 1U);
  }
}

TEST(ArenaCheckpoint, AScopeInALoopKeepsTheFirstChunk) {
  FakeMemory memory;
  Arena arena{{}, memory};
  for (int i = 0; i < 100; ++i) {
    const Arena::Scope scope{arena};
    static_cast<void>(arena.allocate(1000));
  }
  EXPECT_EQ(memory.calls.map, 1U);
  EXPECT_EQ(arena.used(), 0U);
}

TEST(ArenaCheckpoint, ScopesNest) {
  Arena arena;
  static_cast<void>(arena.allocate(1));
  {
    const Arena::Scope outer{arena};
    static_cast<void>(arena.allocate(10, 1));
    {
      const Arena::Scope inner{arena};
      static_cast<void>(arena.allocate(100, 1));
      const Arena::Scope innermost{arena};
      EXPECT_EQ(arena.used(), 111U);
    }
    EXPECT_EQ(arena.used(), 11U);
  }
  EXPECT_EQ(arena.used(), 1U);
}

class StaleCheckpoint : public testing::Test {
 protected:
  /// Restoring it says so, and changes nothing.
  void expect_refused(const Checkpoint& checkpoint, AllocError error) {
    const std::size_t used = arena.used();
    EXPECT_EQ(arena.try_restore(checkpoint).error(), error);
    EXPECT_TRUE(recorder.take().empty()) << "the error is returned, not reported";
    arena.restore(checkpoint);
    const auto records = recorder.take();
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].error, error);
    EXPECT_EQ(records[0].pool, "stale");
    EXPECT_EQ(arena.used(), used);
  }

  MisuseRecorder recorder;
  Arena arena{{.chunk_bytes = 4096, .name = "stale"}};
};

TEST_F(StaleCheckpoint, OneOfAnotherArenaIsForeign) {
  Arena other;
  static_cast<void>(other.allocate(1));
  static_cast<void>(arena.allocate(1));
  expect_refused(other.checkpoint(), AllocError::foreign_block);
  expect_refused(Checkpoint{}, AllocError::foreign_block);
}

TEST_F(StaleCheckpoint, OneOfAnArenaThatHasEndedIsForeign) {
  std::optional<Arena> other{std::in_place, ArenaOptions{.name = "stale"}};
  const Checkpoint theirs = other->checkpoint();
  other.emplace(ArenaOptions{.name = "stale"});  // in the same place
  static_cast<void>(other->checkpoint());
  EXPECT_EQ(other->try_restore(theirs).error(), AllocError::foreign_block);
  expect_refused(theirs, AllocError::foreign_block);
}

TEST_F(StaleCheckpoint, OneThatWasUndoneIsFoundAlsoAfterTheArenaHasGrownAgain) {
  static_cast<void>(arena.allocate(10));
  const Checkpoint early = arena.checkpoint();
  static_cast<void>(arena.allocate(100));
  const Checkpoint late = arena.checkpoint();
  arena.restore(early);
  expect_refused(late, AllocError::double_free);
  static_cast<void>(arena.allocate(100));
  expect_refused(late, AllocError::double_free);
  static_cast<void>(arena.allocate(10'000));
  expect_refused(late, AllocError::double_free);
  arena.restore(early);
  EXPECT_TRUE(recorder.take().empty());
}

TEST_F(StaleCheckpoint, OneBeforeAResetIsUndoneWhereverItWas) {
  const Checkpoint first = arena.checkpoint();
  static_cast<void>(arena.allocate(100));
  const Checkpoint second = arena.checkpoint();
  arena.reset();
  expect_refused(first, AllocError::double_free);
  expect_refused(second, AllocError::double_free);
  static_cast<void>(arena.allocate(200));
  expect_refused(second, AllocError::double_free);
}

TEST_F(StaleCheckpoint, ThoseBetweenManySetbacksAreToldApart) {
  std::vector<Checkpoint> alive, dead;
  for (int i = 0; i < 300; ++i) {
    static_cast<void>(arena.allocate(8, 8));
    alive.push_back(arena.checkpoint());
    static_cast<void>(arena.allocate(8, 8));
    dead.push_back(arena.checkpoint());
    arena.restore(alive.back());
  }
  for (const Checkpoint& checkpoint : dead) expect_refused(checkpoint, AllocError::double_free);
  for (; !alive.empty(); alive.pop_back()) EXPECT_TRUE(arena.try_restore(alive.back()));
}

TEST_F(StaleCheckpoint, OneInAChunkThatWentBackIsFoundWhenItsAddressIsUsedAgain) {
  static_cast<void>(arena.allocate(4000, 1));
  const Checkpoint here = arena.checkpoint();
  void* const before = arena.allocate(1000, 1);
  const Checkpoint there = arena.checkpoint();
  arena.restore(here);
  if (arena.allocate(1000, 1) != before) GTEST_SKIP() << "the system gave the chunk another address";
  expect_refused(there, AllocError::double_free);
}

TEST_F(StaleCheckpoint, AScopeWhoseArenaWasResetInItReports) {
  {
    const Arena::Scope scope{arena};
    static_cast<void>(arena.allocate(10));
    arena.reset();
  }
  EXPECT_EQ(recorder.take().size(), 1U);
}

TEST(ArenaCheckpoint, ARestoreNeverNeedsMemoryNotEvenAtTheEndOfAChunk) {
  // Fill a chunk to each of its last bytes, go back there with somebody watching, and fill on.
  for (std::size_t left = 0; left < 64; ++left) {
    Arena arena{{.chunk_bytes = 4096}};
    static_cast<void>(arena.allocate(4096 - 64 - 16 - left, 1));
    const Checkpoint here = arena.checkpoint();
    if (left != 0) static_cast<void>(arena.allocate(left, 1));
    const Checkpoint undone = arena.checkpoint();
    EXPECT_EQ(arena.stats().chunks, 1U);
    arena.restore(here);
    arena.restore(here);
    static_cast<void>(arena.allocate(32, 1));
    const bool same = left == 0;  // then both are one
    EXPECT_EQ(arena.try_restore(undone).has_value(), same) << left;
    EXPECT_TRUE(arena.try_restore(here)) << left;
    EXPECT_EQ(arena.used(), 4096 - 64 - 16 - left);
  }
}

// --- references --------------------------------------------------------------------------------------------

TEST(ArenaRef, LivesAsLongAsItsObjectAndNoLonger) {
  Arena arena;
  int* const older = arena.make<int>(1);
  const ArenaRef<int> to_older = arena.ref(older);
  const Checkpoint here = arena.checkpoint();
  int* const newer = arena.make<int>(2);
  const ArenaRef<int> to_newer = arena.ref(newer);
  EXPECT_EQ(to_older.get(), older);
  EXPECT_EQ(to_newer.get(), newer);
  EXPECT_TRUE(to_newer);
  arena.restore(here);
  EXPECT_EQ(to_older.get(), older);
  EXPECT_EQ(to_newer.get(), nullptr);
  EXPECT_FALSE(to_newer);
  EXPECT_EQ(arena.make<int>(3), newer) << "the same memory, another object";
  EXPECT_EQ(to_newer.get(), nullptr);
  arena.reset();
  EXPECT_EQ(to_older.get(), nullptr);
  EXPECT_EQ(arena.make<int>(4), older);
  EXPECT_EQ(to_older.get(), nullptr);
}

TEST(ArenaRef, IsNullOnceItsArenaHasEndedEvenWhenAnotherOneBegins) {
  ArenaRef<int> ref;
  {
    Arena arena;
    ref = arena.ref(arena.make<int>(1));
    EXPECT_NE(ref.get(), nullptr);
  }
  EXPECT_EQ(ref.get(), nullptr);
  std::vector<Arena> others(300);
  for (Arena& other : others) EXPECT_NE(other.ref(other.make<int>(2)).get(), nullptr);
  EXPECT_EQ(ref.get(), nullptr);
}

TEST(ArenaRef, OfWhatIsNotInUseIsNullAtOnce) {
  Arena arena, other;
  int* const theirs = other.make<int>(1);
  int on_stack = 0;
  EXPECT_EQ(arena.ref(theirs).get(), nullptr);
  EXPECT_EQ(arena.ref(&on_stack).get(), nullptr);
  EXPECT_EQ(arena.ref(static_cast<int*>(nullptr)).get(), nullptr);
  EXPECT_EQ(ArenaRef<int>{}.get(), nullptr);
  int* const gone = arena.make<int>(1);
  arena.reset();
  EXPECT_EQ(arena.ref(gone).get(), nullptr);
}

TEST(ArenaRef, KnowsObjectsInEveryChunkThroughManySetbacks) {
  Arena arena{{.chunk_bytes = 4096}};
  std::vector<ArenaRef<int>> kept, gone;
  for (int i = 0; i < 2000; ++i) {
    kept.push_back(arena.ref(arena.make<int>(i)));
    const Arena::Scope scope{arena};
    gone.push_back(arena.ref(arena.make<int>(-i)));
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    ASSERT_NE(kept[i].get(), nullptr) << i;
    EXPECT_EQ(*kept[i].get(), static_cast<int>(i));
    EXPECT_EQ(gone[i].get(), nullptr) << i;
  }
}

}  // namespace
}  // namespace cenote::test
