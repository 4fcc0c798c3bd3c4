/// Pointers that a heap never gave out, near what it holds: each is told from a block without being followed.
#include <cstddef>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "support/fake_memory.hpp"
#include "support/fresh_backing.hpp"

namespace cenote::test {
namespace {

class ForeignPointers : public testing::TestWithParam<Hardening> {
 protected:
  void expect_foreign(const std::byte* start, std::size_t bytes, std::size_t step) {
    for (std::size_t offset = 0; offset < bytes; offset += step) {
      auto* const pointer = const_cast<std::byte*>(start + offset);
      ASSERT_EQ(heap.try_deallocate(pointer).error(), AllocError::foreign_block) << offset;
      ASSERT_EQ(heap.usable_size(pointer), 0U) << offset;
      ASSERT_FALSE(heap.owns(pointer)) << offset;
    }
  }

  Heap heap{{.hardening = GetParam()}};
};

TEST_P(ForeignPointers, IntoTheTablesOfARegion) {
  void* const block = heap.allocate(100);
  const AddressRegion& region = g_backing.pages.space().first();
  const std::size_t tables_bytes = AddressRegion::header_bytes(region.bytes);
  expect_foreign(region.base(), 1000, 1);
  expect_foreign(region.base(), tables_bytes, kUnitBytes);
  expect_foreign(region.base() + tables_bytes - 1000, 1000, 1);
  const std::size_t states = AddressRegion::states_offset(region.bytes);
  expect_foreign(region.base() + states, region.bytes - states, kUnitBytes);
  heap.deallocate(block);
}

TEST_P(ForeignPointers, WhereARegionHasNoUnitsYet) {
  void* const block = heap.allocate(100);
  const AddressRegion& region = g_backing.pages.space().first();
  const std::size_t limit = region.limit.load();
  if (limit == region.bytes) GTEST_SKIP() << "this region is full";
  expect_foreign(region.base() + limit, 1000, 1);
  heap.deallocate(block);
}

// No state of theirs is committed.
TEST(ForeignPointersInFreeUnits, OfAHeapThatKeepsNoStates) {
  FakeMemory memory;
  const FreshBacking backing{memory};
  Heap trusting{{.hardening = Hardening::trusting}};
  void* const freed = trusting.allocate(100'000);
  trusting.deallocate(freed);
  for (const Hardening hardening : {Hardening::checked, Hardening::full}) {
    Heap heap{{.hardening = hardening}};
    EXPECT_EQ(heap.try_deallocate(freed).error(), AllocError::foreign_block);
    EXPECT_FALSE(heap.owns(freed));
  }
}

INSTANTIATE_TEST_SUITE_P(Hardening, ForeignPointers,
                         testing::Values(Hardening::trusting, Hardening::checked, Hardening::full));

}  // namespace
}  // namespace cenote::test
