#include "pools/buddy/unit_states.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace cenote::test {
namespace {

class UnitStatesTest : public testing::Test {
 protected:
  std::array<UnitStates::Cell, 64> cells{};
  UnitStates states{cells.data()};
};

TEST_F(UnitStatesTest, AStateKeepsItsOrderAndWhy) {
  for (std::uint32_t order = 0; order < BuddyGeometry::kOrdersMax; ++order) {
    for (const bool for_alignment : {false, true}) {
      const UnitState state = UnitState::in_use(order, for_alignment);
      EXPECT_TRUE(state.is_in_use());
      EXPECT_EQ(state.order(), order);
      EXPECT_EQ(state.is_for_alignment(), for_alignment);
    }
  }
  EXPECT_FALSE(UnitState{}.is_in_use());
}

// What two threads do that have both seen the block in use, one after the other: whatever the order, one is
// told no.
TEST_F(UnitStatesTest, OfTwoWhoSawABlockInUseOneClaimsIt) {
  states.set(8, UnitState::in_use(2, false));
  const UnitState seen_by_one = states.at(8), seen_by_other = states.at(8);
  EXPECT_TRUE(states.claim(8, seen_by_one));
  EXPECT_FALSE(states.claim(8, seen_by_other));
  EXPECT_FALSE(states.at(8).is_in_use());
}

TEST_F(UnitStatesTest, ABlockOfAnotherSizeSinceThenIsNotClaimed) {
  states.set(8, UnitState::in_use(2, false));
  const UnitState seen = states.at(8);
  states.set(8, UnitState::in_use(3, false));
  EXPECT_FALSE(states.claim(8, seen));
  EXPECT_EQ(states.at(8).order(), 3U);
}

TEST_F(UnitStatesTest, ACleanFreeBlockIsNotInUse) {
  states.set_clean(8, true);
  EXPECT_TRUE(states.is_clean(8));
  EXPECT_FALSE(states.at(8).is_in_use());
  states.set(8, UnitState::in_use(0, false));
  EXPECT_FALSE(states.is_clean(8));
}

TEST_F(UnitStatesTest, ABlockCoversItsUnitsAndNoOthers) {
  states.set(16, UnitState::in_use(3, false));
  for (std::uint32_t unit = 0; unit < 64; ++unit)
    EXPECT_EQ(states.is_covered(unit, 5), unit >= 16 && unit < 24) << unit;
}

}  // namespace
}  // namespace cenote::test
