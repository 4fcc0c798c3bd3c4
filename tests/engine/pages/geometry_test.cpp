#include <gtest/gtest.h>

#include <cenote/detail/geometry.hpp>

namespace cenote {
namespace {

TEST(Geometry, UnitsForIsTheFewestThatHoldTheBytes) {
  EXPECT_EQ(units_for(1).count, 1U);
  for (std::uint32_t count = 1; count <= kUnitsPerExtent; ++count) {
    const std::size_t bytes = bytes_of({count});
    EXPECT_EQ(units_for(bytes).count, count);
    EXPECT_EQ(units_for(bytes - 1).count, count);
    EXPECT_EQ(units_for(bytes + 1).count, count + 1);
  }
}

TEST(Geometry, UnitsTileAnExtent) { EXPECT_EQ(bytes_of({kUnitsPerExtent}), kExtentBytes); }

}  // namespace
}  // namespace cenote
