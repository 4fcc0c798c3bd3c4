/// A memory of WebAssembly only grows: what is released must be reserved again, and read as zero then.
#include <cstring>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "support/pattern.hpp"

namespace cenote::test {
namespace {

using os::g_system_memory;
using os::Region;

const std::size_t kPage = os::page_bytes();

TEST(WasiMemory, WhatIsReleasedIsReservedAgainAndReadsAsZero) {
  const Region first = g_system_memory.map(8 * kPage, kPage);
  std::memset(first.start, 7, first.bytes);
  g_system_memory.release(first);
  const std::size_t pages = __builtin_wasm_memory_size(0);
  const Region again = g_system_memory.map(8 * kPage, kPage);
  EXPECT_EQ(__builtin_wasm_memory_size(0), pages) << "grown for nothing";
  EXPECT_TRUE(is_zero(again.start, again.bytes));
  g_system_memory.release(again);
}

TEST(WasiMemory, WhatLiesBeforeAnAlignedRegionIsNotLost) {
  const Region region = g_system_memory.reserve(kPage, 64 * kPage);
  const std::size_t pages = __builtin_wasm_memory_size(0);
  const Region next = g_system_memory.reserve(kPage, 64 * kPage);
  EXPECT_EQ(address_of(next.start) % (64 * kPage), 0U);
  const Region between = g_system_memory.reserve(kPage, kPage);
  EXPECT_LE(__builtin_wasm_memory_size(0), pages + 64);
  EXPECT_LT(between.start, next.start);
  for (const Region& each : {region, next, between}) g_system_memory.release(each);
}

TEST(WasiMemory, CommittingAgainKeepsTheBytesAndDecommittingClearsThem) {
  const Region region = g_system_memory.map(2 * kPage, kPage);
  fill_pattern(region.start, region.bytes, 1);
  EXPECT_TRUE(g_system_memory.commit(region));
  EXPECT_TRUE(holds_pattern(region.start, region.bytes, 1));
  g_system_memory.decommit({region.start, kPage});
  EXPECT_TRUE(g_system_memory.commit(region));
  EXPECT_TRUE(is_zero(region.start, kPage));
  EXPECT_EQ(std::to_integer<int>(region.start[kPage]), pattern_byte(1, kPage)) << "not decommitted";
  g_system_memory.release(region);
}

TEST(WasiMemory, MoreThanThereCanBeIsRefused) {
  const std::size_t pages = __builtin_wasm_memory_size(0);
  EXPECT_FALSE(g_system_memory.reserve(SIZE_MAX / kPage * kPage, kPage));
  EXPECT_EQ(__builtin_wasm_memory_size(0), pages);
}

}  // namespace
}  // namespace cenote::test
