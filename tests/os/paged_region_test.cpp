#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"
#include "support/resident.hpp"
#include "support/simulated_numa.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(PagedRegion, LiesOnTheNodeThatIsWishedFor) {
  SimulatedNuma machine{4};
  const os::PagedRegion reserved =
      os::reserve_in_pages(os::g_system_memory, {.node = 2}, kMiB, os::page_bytes(), machine);
  EXPECT_EQ(reserved.pages, (Pages{PageKind::normal, 2}));
  EXPECT_EQ(machine.node_of(reserved.region.start).value(), 2);
  EXPECT_EQ(machine.node_of(reserved.region.end() - 1).value(), 2);
  EXPECT_EQ(machine.last_placement, os::Placement::preferred) << "a full node must not end the process";
  os::g_system_memory.release(reserved.region);
}

TEST(PagedRegion, IsBoundToNoNodeUnlessOneIsWishedFor) {
  SimulatedNuma machine{4};
  const os::PagedRegion reserved =
      os::reserve_in_pages(os::g_system_memory, {}, kMiB, os::page_bytes(), machine);
  EXPECT_EQ(reserved.pages.node, any_numa_node);
  EXPECT_FALSE(machine.node_of(reserved.region.start));
  os::g_system_memory.release(reserved.region);
}

TEST(PagedRegion, SaysThatItCouldNotBeBound) {
  SimulatedNuma machine{4};
  machine.binds = false;
  const os::PagedRegion reserved =
      os::reserve_in_pages(os::g_system_memory, {.node = 2}, kMiB, os::page_bytes(), machine);
  EXPECT_TRUE(reserved.region);
  EXPECT_EQ(reserved.pages.node, any_numa_node);
  os::g_system_memory.release(reserved.region);
}

TEST(PagedRegion, ThatIsRefusedIsEmpty) {
  FakeMemory memory;
  memory.fail_after(0);
  SimulatedNuma machine{4};
  EXPECT_FALSE(os::reserve_in_pages(memory, {.node = 2}, kMiB, os::page_bytes(), machine).region);
}

TEST(PagedRegion, PrefaultBringsInEveryPageAndNoOther) {
  if (!gives_pages_back()) GTEST_SKIP() << "every page counts as there, touched or not";
  if (pretends_to_populate()) GTEST_SKIP() << "this system only says that it brings memory in";
  const std::size_t page = os::page_bytes();
  // Small, odd, and large enough for several threads and pieces.
  for (const std::size_t bytes : {page, 3 * page, kMiB + page, 130 * kMiB + 7 * page}) {
    const os::Region region = os::g_system_memory.map(bytes + 2 * page, page);
    ASSERT_TRUE(region);
    os::prefault(os::g_system_memory, {region.start + page, bytes}, {});
    EXPECT_EQ(resident_bytes(region.start + page, region.end() - page), bytes);
    EXPECT_EQ(resident_bytes(region.start, region.start + page), 0U);
    EXPECT_EQ(resident_bytes(region.end() - page, region.end()), 0U);
    os::g_system_memory.release(region);
  }
}

TEST(PagedRegion, PrefaultTouchesPagesThatTheSystemDoesNotBringIn) {
  FakeMemory memory;
  memory.refuse_populate = true;
  const os::Region region = memory.map(130 * kMiB, os::page_bytes());
  ASSERT_TRUE(region);
  region.start[kMiB] = std::byte{42};
  os::prefault(memory, region, {});
  EXPECT_EQ(resident_bytes(region.start, region.end()), region.bytes);
  EXPECT_EQ(region.start[kMiB], std::byte{42});
  memory.release(region);
}

TEST(PagedRegion, PrefaultKeepsWhatIsThere) {
  const os::Region region = os::g_system_memory.map(40 * kMiB, os::page_bytes());
  ASSERT_TRUE(region);
  for (std::size_t at = 0; at < region.bytes; at += kMiB) region.start[at] = std::byte{42};
  os::prefault(os::g_system_memory, region, {PageKind::transparent_huge});
  for (std::size_t at = 0; at < region.bytes; at += kMiB) ASSERT_EQ(region.start[at], std::byte{42});
  os::g_system_memory.release(region);
}

TEST(PagedRegion, ANodeHasMemoryOrIsNone) {
  EXPECT_TRUE(os::has_memory(any_numa_node));
  EXPECT_TRUE(os::has_memory(numa::topology().memory_nodes().first()));
  EXPECT_FALSE(os::has_memory(os::kNodesMax));
  EXPECT_FALSE(os::has_memory(-2));
}

}  // namespace
}  // namespace cenote::test
