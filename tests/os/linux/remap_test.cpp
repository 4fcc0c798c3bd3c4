#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "support/pattern.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

TEST(Remap, ARegionKeepsItsBytes) {
  const Region region = g_system_memory.map(kMiB, page_bytes());
  ASSERT_TRUE(region);
  test::fill_pattern(region.start, kMiB, 3);
  const Region grown = g_system_memory.remap(region, 64 * kMiB);
  ASSERT_TRUE(grown);
  EXPECT_EQ(grown.bytes, 64 * kMiB);
  EXPECT_TRUE(test::holds_pattern(grown.start, kMiB, 3));
  EXPECT_TRUE(test::is_zero(grown.start + kMiB, kMiB));
  const Region shrunk = g_system_memory.remap(grown, kMiB);
  ASSERT_TRUE(shrunk);
  EXPECT_TRUE(test::holds_pattern(shrunk.start, kMiB, 3));
  g_system_memory.release(shrunk);
}

}  // namespace
}  // namespace cenote::os
