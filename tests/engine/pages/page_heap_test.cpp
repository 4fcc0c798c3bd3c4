#include <bit>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/page_heap.hpp>

#include "support/aborts.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"

namespace cenote {
namespace {

class PageHeapTest : public testing::Test {
 protected:
  ~PageHeapTest() override { pages.check_invariants(); }

  UnitRun take(std::uint32_t units) {
    const UnitRun run = pages.allocate({units});
    EXPECT_NE(run.head, nullptr);
    return run;
  }
  void dirty(const UnitRun& run, std::uint32_t units) {
    std::memset(run.start, 0x77, bytes_of({units}));
    pages.deallocate(run.start, {units});
  }

  test::FakeMemory memory;
  PageHeap pages{memory};
};

TEST_F(PageHeapTest, AFreshRunIsAlignedCleanAndWithinOneExtent) {
  for (std::uint32_t units = 1; units <= kUnitsPerExtent; ++units) {
    const UnitRun run = take(units);
    EXPECT_TRUE(run.clean);
    EXPECT_TRUE(is_aligned(run.start, kUnitBytes));
    EXPECT_EQ(align_down(address_of(run.start), kExtentBytes),
              align_down(address_of(run.start) + bytes_of({units}) - 1, kExtentBytes));
    EXPECT_TRUE(test::is_zero(run.start, bytes_of({units})));
    EXPECT_EQ(pages.space().descriptor_of(run.start), run.head);
  }
}

TEST_F(PageHeapTest, EveryUnitHasADescriptorOfItsOwn) {
  const UnitRun run = take(5);
  for (std::uint32_t unit = 0; unit < 5; ++unit) {
    EXPECT_EQ(pages.space().descriptor_of(run.start + bytes_of({unit})), run.head + unit);
    EXPECT_EQ(pages.space().descriptor_of(run.start + bytes_of({unit + 1}) - 1), run.head + unit);
  }
}

// Where the system refuses addresses, regions are as small as they get, and their tables share extents with
// units.
TEST_F(PageHeapTest, UnitsOfSmallRegionsOverlapNoTable) {
  constexpr std::size_t kRegionBytes = std::size_t{8} << 20;
  constexpr std::size_t kUnits = 300;  // of three such regions
  memory.fail_after(0, static_cast<std::size_t>(std::countr_zero(
                           (std::size_t{1} << (sizeof(void*) == 8 ? 38 : 28)) / kRegionBytes)));
  std::vector<UnitRun> runs;
  ASSERT_TRUE(pages.use_states());
  for (std::size_t i = 0; i < kUnits; ++i) {
    runs.push_back(take(1));
    test::fill_pattern(runs.back().start, kUnitBytes, i);
    std::memset(pages.space().notes_of(runs.back().start), 0xff, kUnitBytes / 16);
  }
  EXPECT_EQ(pages.space().reserved_bytes(), 3 * kRegionBytes);
  for (std::size_t i = 0; i < kUnits; ++i) {
    EXPECT_TRUE(test::holds_pattern(runs[i].start, kUnitBytes, i)) << i;
    EXPECT_EQ(pages.space().descriptor_of(runs[i].start), runs[i].head);
    pages.space().forget_states(runs[i].start, kUnitBytes);
  }
  for (std::size_t i = 0; i < kUnits; ++i) {
    EXPECT_TRUE(test::holds_pattern(runs[i].start, kUnitBytes, i)) << i;
    pages.deallocate(runs[i].start, {1});
  }
}

// What is accessible and not in use counts against RLIMIT_DATA and strict overcommit, and is resident where
// memory is locked.
TEST_F(PageHeapTest, TheTablesOfAFreshRegionTakeLittleMemory) {
  take(1);
  EXPECT_LT(memory.calls.commit_bytes, kExtentBytes + (std::size_t{2} << 20));
}

TEST_F(PageHeapTest, StatesAreCommittedOnceTheyAreUsed) {
  std::vector<UnitRun> runs;
  for (int i = 0; i < 3; ++i) runs.push_back(take(kUnitsPerExtent / 2 + 1));  // an extent each
  const std::size_t without = memory.calls.commit_bytes;
  ASSERT_TRUE(pages.use_states());
  EXPECT_EQ(memory.calls.commit_bytes - without, 3 * kExtentBytes / 16);
  runs.push_back(take(kUnitsPerExtent / 2 + 1));
  for (const UnitRun& run : runs) {
    std::memset(pages.space().notes_of(run.start), 0xff, kUnitBytes / 16);
    pages.space().forget_states(run.start, kUnitBytes);
    EXPECT_EQ(*pages.space().notes_of(run.start), 0);
  }
}

TEST_F(PageHeapTest, StatesThatTheSystemRefusesAreAskedForAgain) {
  const UnitRun run = take(1);
  memory.fail_after(0, 1);
  EXPECT_FALSE(pages.use_states());
  EXPECT_TRUE(pages.use_states());
  *pages.space().notes_of(run.start) = 1;
}

TEST_F(PageHeapTest, AddressesOfOthersHaveNoDescriptor) {
  take(1);
  int on_stack = 0;
  EXPECT_EQ(pages.space().descriptor_of(&on_stack), nullptr);
  EXPECT_EQ(pages.space().descriptor_of(nullptr), nullptr);
  EXPECT_EQ(pages.space().descriptor_of(&memory), nullptr);
}

TEST_F(PageHeapTest, CountsWhatIsUsedAndWhatIsDirty) {
  const UnitRun run = take(3);
  EXPECT_EQ(pages.used_bytes(), bytes_of({3}));
  EXPECT_EQ(pages.dirty_bytes(), 0U);
  pages.deallocate(run.start, {3});
  EXPECT_EQ(pages.used_bytes(), 0U);
  EXPECT_EQ(pages.dirty_bytes(), bytes_of({3}));
}

TEST_F(PageHeapTest, DirtyUnitsAreUsedAgainFirstAndAreNotCalledClean) {
  take(2);
  const UnitRun first = take(1);
  take(1);
  dirty(first, 1);
  const UnitRun again = take(1);
  EXPECT_EQ(again.start, first.start);
  EXPECT_FALSE(again.clean);
}

TEST_F(PageHeapTest, UntouchedUnitsComeBackClean) {
  const UnitRun run = take(4);
  pages.deallocate(run.start, {4}, false);
  EXPECT_EQ(pages.dirty_bytes(), 0U);
  EXPECT_TRUE(take(4).clean);
}

TEST_F(PageHeapTest, PurgedUnitsAreZeroAndClean) {
  dirty(take(6), 6);
  EXPECT_EQ(pages.purge_all(), bytes_of({6}));
  EXPECT_EQ(pages.dirty_bytes(), 0U);
  const UnitRun again = take(6);
  EXPECT_TRUE(again.clean);
  EXPECT_TRUE(test::is_zero(again.start, bytes_of({6})));
}

TEST_F(PageHeapTest, OnlyWhatWasColdForAWholePeriodIsPurged) {
  dirty(take(2), 2);
  EXPECT_EQ(pages.purge_cold(), 0U);
  EXPECT_EQ(pages.purge_cold(), bytes_of({2}));
  EXPECT_EQ(pages.purge_cold(), 0U);
}

TEST_F(PageHeapTest, APurgeThatTheSystemRefusesLeavesUnitsDirtyAndUsable) {
  memory.refuse_purge = true;
  dirty(take(2), 2);
  EXPECT_EQ(pages.purge_all(), 0U);
  EXPECT_EQ(pages.dirty_bytes(), bytes_of({2}));
  EXPECT_FALSE(take(2).clean);
}

TEST_F(PageHeapTest, NeighboursArePurgedByOneCall) {
  const UnitRun first = take(1), second = take(1), third = take(1);
  for (const UnitRun& run : {first, third, second}) dirty(run, 1);
  pages.purge_all();
  EXPECT_EQ(memory.calls.purge, 1U);
}

TEST_F(PageHeapTest, AnotherExtentComesWhenNoneHasTheRun) {
  std::vector<UnitRun> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(take(kUnitsPerExtent));
  for (std::size_t i = 1; i < runs.size(); ++i) EXPECT_NE(runs[i].start, runs[i - 1].start);
  EXPECT_GE(pages.committed_bytes(), 4 * kExtentBytes);
}

TEST_F(PageHeapTest, AnExtentWithoutUsersIsReleasedAndClaimedAgain) {
  take(kUnitsPerExtent);
  const UnitRun run = take(kUnitsPerExtent);
  dirty(run, kUnitsPerExtent);
  const std::size_t committed = pages.committed_bytes(), reserved = pages.space().reserved_bytes();
  EXPECT_EQ(pages.release_free(), kExtentBytes);
  EXPECT_EQ(pages.committed_bytes(), committed - kExtentBytes);
  EXPECT_EQ(pages.space().reserved_bytes(), reserved - kExtentBytes);
  EXPECT_EQ(pages.dirty_bytes(), 0U);
  pages.check_invariants();
  const UnitRun again = take(kUnitsPerExtent);
  EXPECT_EQ(again.start, run.start);
  EXPECT_TRUE(again.clean);
  EXPECT_TRUE(test::is_zero(again.start, kExtentBytes));
  EXPECT_EQ(memory.calls.claim, 1U);
}

TEST_F(PageHeapTest, AnExtentWithAUnitInUseIsNotReleased) {
  const UnitRun run = take(1);
  pages.release_free();
  std::memset(run.start, 1, kUnitBytes);
  EXPECT_EQ(memory.calls.release_part, 0U);
}

TEST_F(PageHeapTest, OtherMappingsMayHaveTheAddressesOfAReleasedExtent) {
  take(kUnitsPerExtent);
  const UnitRun run = take(kUnitsPerExtent);
  pages.deallocate(run.start, {kUnitsPerExtent});
  pages.release_free();
  const os::Region other{run.start + kUnitBytes, kUnitBytes};
  ASSERT_EQ(os::g_system_memory.claim(other), os::Claim::made);
  EXPECT_NE(take(kUnitsPerExtent).start, run.start);
  os::g_system_memory.release_part(other);
  EXPECT_EQ(take(kUnitsPerExtent).start, run.start);
}

TEST_F(PageHeapTest, ARefusedClaimLeavesTheExtentReleased) {
  take(kUnitsPerExtent);
  const UnitRun run = take(kUnitsPerExtent);
  pages.deallocate(run.start, {kUnitsPerExtent});
  pages.release_free();
  memory.fail_after(0);
  EXPECT_EQ(pages.allocate({kUnitsPerExtent}).head, nullptr);
  pages.check_invariants();
  memory.reset();
  EXPECT_EQ(take(kUnitsPerExtent).start, run.start);
}

TEST_F(PageHeapTest, APurgeStopsAtItsBoundAndTheNextGoesOn) {
  std::vector<UnitRun> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(take(kUnitsPerExtent));
  for (const UnitRun& run : runs) dirty(run, kUnitsPerExtent);
  EXPECT_EQ(pages.purge_cold(kExtentBytes), 0U);
  EXPECT_EQ(pages.purge_cold(kExtentBytes), kExtentBytes);
  EXPECT_EQ(pages.purge_cold(2 * kExtentBytes), 2 * kExtentBytes);
  EXPECT_EQ(pages.purge_cold(kExtentBytes), kExtentBytes);
  EXPECT_EQ(pages.dirty_bytes(), 0U);
}

TEST_F(PageHeapTest, GivingUnitsBackTwiceIsNoticed) {
  const UnitRun run = take(1);
  pages.deallocate(run.start, {1});
  EXPECT_DEATH(pages.deallocate(run.start, {1}), "given back twice");
}

TEST_F(PageHeapTest, RandomRunsNeverOverlap) {
  std::mt19937 random{7};
  std::map<std::byte*, std::uint32_t> live;
  for (int step = 0; step < 4000; ++step) {
    if (live.size() < 40 || random() % 2 == 0) {
      const std::uint32_t units = random() % 4 == 0 ? 1 + random() % 64 : 1 + random() % 4;
      const UnitRun run = take(units);
      const auto after = live.lower_bound(run.start);
      ASSERT_TRUE(after == live.end() || run.start + bytes_of({units}) <= after->first);
      ASSERT_TRUE(after == live.begin() ||
                  std::prev(after)->first + bytes_of({std::prev(after)->second}) <= run.start);
      live.emplace(run.start, units);
    } else {
      const auto victim = std::next(live.begin(), static_cast<std::ptrdiff_t>(random() % live.size()));
      pages.deallocate(victim->first, {victim->second});
      live.erase(victim);
    }
    if (step % 500 == 0) pages.purge_cold();
    if (step % 100 == 0) pages.check_invariants();
  }
  std::size_t used = 0;
  for (const auto& [start, units] : live) used += bytes_of({units});
  EXPECT_EQ(pages.used_bytes(), used);
}

TEST(PageHeapOutOfMemory, EveryRefusalLeavesItWhole) {
  for (std::size_t n = 0;; ++n) {
    test::FakeMemory memory;
    PageHeap pages{memory};
    memory.fail_after(n);
    std::vector<UnitRun> runs;
    for (int i = 0; i < 6; ++i) {
      const UnitRun run = pages.allocate({40});
      if (run.head != nullptr) runs.push_back(run);
    }
    for (const UnitRun& run : runs) pages.deallocate(run.start, {40});
    pages.purge_all();
    const bool fired = memory.fired();
    memory.fail_after(test::FakeMemory::kNever);
    pages.check_invariants();
    EXPECT_EQ(pages.used_bytes(), 0U);
    EXPECT_NE(pages.allocate({40}).head, nullptr) << "does not recover after call " << n;
    if (!fired) break;
    ASSERT_LT(n, 200U);
  }
}

}  // namespace
}  // namespace cenote
