#include "buddy/block_states.hpp"

#include <array>
#include <cstdint>

#include <gtest/gtest.h>

namespace cenote::test {
namespace {

class BlockStatesTest : public testing::Test {
 protected:
  std::array<BlockStates::Cell, 64> cells{};
  BlockStates states{cells.data()};
};

TEST_F(BlockStatesTest, AStateKeepsItsOrderAndWhy) {
  for (std::uint32_t order = 0; order < BuddyGeometry::kOrdersMax; ++order) {
    for (const bool for_alignment : {false, true}) {
      const BlockState state = BlockState::in_use(order, for_alignment);
      EXPECT_TRUE(state.is_in_use());
      EXPECT_EQ(state.order(), order);
      EXPECT_EQ(state.is_for_alignment(), for_alignment);
    }
  }
  EXPECT_FALSE(BlockState{}.is_in_use());
}

// What two threads do that have both seen the block in use, one after the other: whatever the order, one is told no.
TEST_F(BlockStatesTest, OfTwoWhoSawABlockInUseOneClaimsIt) {
  states.set(8, BlockState::in_use(2, false));
  const BlockState seen_by_one = states.at(8), seen_by_other = states.at(8);
  EXPECT_TRUE(states.claim(8, seen_by_one));
  EXPECT_FALSE(states.claim(8, seen_by_other));
  EXPECT_FALSE(states.at(8).is_in_use());
}

TEST_F(BlockStatesTest, ABlockOfAnotherSizeSinceThenIsNotClaimed) {
  states.set(8, BlockState::in_use(2, false));
  const BlockState seen = states.at(8);
  states.set(8, BlockState::in_use(3, false));
  EXPECT_FALSE(states.claim(8, seen));
  EXPECT_EQ(states.at(8).order(), 3U);
}

TEST_F(BlockStatesTest, ACleanFreeBlockIsNotInUse) {
  states.set_clean(8, true);
  EXPECT_TRUE(states.is_clean(8));
  EXPECT_FALSE(states.at(8).is_in_use());
  states.set(8, BlockState::in_use(0, false));
  EXPECT_FALSE(states.is_clean(8));
}

TEST_F(BlockStatesTest, ABlockCoversItsUnitsAndNoOthers) {
  states.set(16, BlockState::in_use(3, false));
  for (std::uint32_t unit = 0; unit < 64; ++unit)
    EXPECT_EQ(states.is_covered(unit, 5), unit >= 16 && unit < 24) << unit;
}

}  // namespace
}  // namespace cenote::test
