/// Units and huge blocks of several nodes, and in huge pages.
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/page_heap.hpp>
#include <cenote/detail/system.hpp>

#include "engine/caches/central_pool.hpp"
#include "engine/pages/huge_blocks.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/remaps.hpp"
#include "support/simulated_numa.hpp"

namespace cenote {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

class PlacesTest : public testing::Test {
 protected:
  PlacesTest() { nodes.place_for({}); }
  ~PlacesTest() override { pages.check_invariants(); }

  static constexpr Place on(int node, PageKind kind = PageKind::normal) { return {node, kind}; }
  UnitRun take(std::uint32_t units, Place place) {
    const UnitRun run = pages.allocate({units}, place);
    EXPECT_NE(run.head, nullptr);
    return run;
  }
  void give(const UnitRun& run, std::uint32_t units) { pages.deallocate(run.start, {units}); }

  test::FakeMemory memory;
  test::SimulatedNuma machine{4};
  Nodes nodes{machine};
  PageHeap pages{memory, nodes};
  HugeBlocks huge{memory, nodes};
  CentralPool central_pool{pages, huge, []() noexcept {}};
};

TEST_F(PlacesTest, UnitsLieWhereTheyAreAskedFor) {
  for (int round = 0; round < 200; ++round) {
    for (int node = 0; node < 4; ++node) {
      const UnitRun run = take(static_cast<std::uint32_t>(1 + round % 16), on(node));
      EXPECT_EQ(run.place, on(node));
      EXPECT_EQ(pages.place_of(run.start), on(node));
      EXPECT_EQ(machine.node_of(run.start).value(), node);
      EXPECT_EQ(machine.node_of(run.start + bytes_of({1}) - 1).value(), node);
    }
  }
}

TEST_F(PlacesTest, FreedUnitsServeTheirOwnNodeFirst) {
  const UnitRun far = take(1, on(3));
  take(1, on(2));
  give(far, 1);
  EXPECT_NE(take(1, on(2)).start, far.start);
  EXPECT_EQ(take(1, on(3)).start, far.start);
}

TEST_F(PlacesTest, AnotherNodeServesWhenTheSystemHasNothingMore) {
  take(1, on(1));
  memory.refuse_commit = true;
  const UnitRun run = take(1, on(2));
  EXPECT_EQ(run.place, on(1)) << "and it says so";
  memory.refuse_commit = false;
  EXPECT_EQ(take(1, on(2)).place, on(2));
}

TEST_F(PlacesTest, NobodyServesWhenNothingIsLeftAnywhere) {
  memory.refuse_commit = true;
  EXPECT_EQ(pages.allocate({1}, on(2)).head, nullptr);
}

TEST_F(PlacesTest, AKindThatIsNotThereIsReplacedByNormalPagesOfTheNode) {
  const UnitRun run = take(1, on(2, PageKind::huge_2mib));
  EXPECT_EQ(run.place, on(2));
  EXPECT_EQ(take(1, on(2)).place, on(2));
}

TEST_F(PlacesTest, ReservedHugePagesAreUsedUpAndThenReplaced) {
  while (take(kUnitsPerExtent, on(1)).place != on(1)) {
  }
  memory.huge_pages = 4;
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(take(kUnitsPerExtent, on(1, PageKind::huge_2mib)).place, on(1, PageKind::huge_2mib));
  EXPECT_EQ(take(kUnitsPerExtent, on(1, PageKind::huge_2mib)).place, on(1));
}

TEST_F(PlacesTest, ReservedHugePagesAreNeverPurged) {
  take(kUnitsPerExtent, on(0));
  memory.huge_pages = 2;
  const UnitRun run = take(kUnitsPerExtent, on(0, PageKind::huge_2mib));
  ASSERT_EQ(run.place.pages(), PageKind::huge_2mib);
  std::memset(run.start, 1, bytes_of({kUnitsPerExtent}));
  give(run, kUnitsPerExtent);
  EXPECT_EQ(pages.dirty_bytes(), 0U) << "nothing to wait for";
  EXPECT_EQ(pages.purge_all(), 0U);
  const UnitRun again = take(kUnitsPerExtent, on(0, PageKind::huge_2mib));
  EXPECT_EQ(again.start, run.start);
  EXPECT_FALSE(again.clean);
}

TEST_F(PlacesTest, TransparentHugePagesArePurgedWhole) {
  constexpr Place kPlace = on(0, PageKind::transparent_huge);
  UnitRun first = take(kUnitsPerHugePage, kPlace);
  while (!is_aligned(first.start, 2 * kMiB)) first = take(kUnitsPerHugePage, kPlace);
  std::memset(first.start, 1, 2 * kMiB);
  const std::byte* const last = first.start + bytes_of({kUnitsPerHugePage - 1});
  pages.deallocate(first.start, {kUnitsPerHugePage - 1});
  EXPECT_EQ(pages.purge_all(), 0U) << "one unit of the page is in use";
  EXPECT_GT(pages.dirty_bytes(), 0U);
  pages.deallocate(const_cast<std::byte*>(last), {1});
  EXPECT_EQ(pages.purge_all(), 2 * kMiB);
  EXPECT_EQ(pages.dirty_bytes(), 0U);
  EXPECT_TRUE(test::is_zero(first.start, 2 * kMiB));
}

TEST_F(PlacesTest, ATransparentHugePageWithARecentUnitIsNotCold) {
  constexpr Place kPlace = on(0, PageKind::transparent_huge);
  UnitRun page = take(kUnitsPerHugePage, kPlace);
  while (!is_aligned(page.start, 2 * kMiB)) page = take(kUnitsPerHugePage, kPlace);
  pages.deallocate(page.start, {1});
  EXPECT_EQ(pages.purge_cold(), 0U);
  pages.deallocate(page.start + bytes_of({1}), {kUnitsPerHugePage - 1});
  EXPECT_EQ(pages.purge_cold(), 0U);
  EXPECT_EQ(pages.purge_cold(), 2 * kMiB);
}

TEST_F(PlacesTest, HugeBlocksLieWhereTheyAreAskedFor) {
  for (int node = 0; node < 4; ++node) {
    const HugeBlock block = huge.allocate(central_pool, 2 * kMiB, 16, on(node)).block;
    EXPECT_EQ(machine.node_of(block.start).value(), node);
    EXPECT_EQ(machine.node_of(block.start + block.bytes - 1).value(), node);
    huge.recycle(huge.remove(block.start));
  }
  huge.purge_all();
}

TEST_F(PlacesTest, KeptMappingsServeTheirOwnNodeOnly) {
  const HugeBlock far = huge.allocate(central_pool, 2 * kMiB, 16, on(3)).block;
  huge.recycle(huge.remove(far.start));
  const HugeBlocks::Allocation near = huge.allocate(central_pool, 2 * kMiB, 16, on(0));
  EXPECT_TRUE(near.zeroed);
  EXPECT_NE(near.block.start, far.start);
  const HugeBlocks::Allocation again = huge.allocate(central_pool, 2 * kMiB, 16, on(3));
  EXPECT_FALSE(again.zeroed);
  EXPECT_EQ(again.block.start, far.start);
}

TEST_F(PlacesTest, AResizedHugeBlockKeepsItsPlace) {
  if (!test::remaps()) GTEST_SKIP() << "this system moves no pages";
  const HugeBlock block = huge.allocate(central_pool, 2 * kMiB, 16, on(3)).block;
  const HugeBlock grown = huge.resize(block, 8 * kMiB);
  EXPECT_EQ(grown.place, on(3));
  EXPECT_EQ(huge.find(grown.start).place, on(3));
}

TEST_F(PlacesTest, HugeBlocksTakeHugePagesOnlyIfTheyNearlyFillThem) {
  const HugeBlock odd =
      huge.allocate(central_pool, 2 * kMiB + os::page_bytes(), 16, on(0, PageKind::transparent_huge)).block;
  EXPECT_EQ(odd.bytes, 2 * kMiB + os::page_bytes());
  const HugeBlock full = huge.allocate(central_pool, 4 * kMiB, 16, on(0, PageKind::transparent_huge)).block;
  EXPECT_TRUE(is_aligned(full.start, 2 * kMiB));
}

}  // namespace
}  // namespace cenote
