#include "engine/pages/scavenger_switch.hpp"

#include <gtest/gtest.h>

namespace cenote {
namespace {

/// A scavenger and threads that free memory, in one thread: what happens between two steps of one is called
/// where it happens.
class ScavengerSwitchTest : public testing::Test {
 protected:
  ScavengerSwitchTest() {
    free_memory();
    purgeable = 0;  // purged
  }

  /// A thread frees a lot: as purge_schedule::after_free.
  void free_memory() {
    purgeable += 8 * ScavengerSwitch::kStartBytes;
    if (scavenger.turn_on([this] { return purgeable; })) ++started;
  }
  bool turn_off(std::size_t seen) {
    return scavenger.turn_off([this] { return purgeable; }, seen);
  }

  ScavengerSwitch scavenger;
  std::size_t purgeable = 0;
  int started = 0;  // one runs
};

TEST_F(ScavengerSwitchTest, LittleMemoryStartsNone) {
  EXPECT_EQ(started, 1);
  EXPECT_TRUE(turn_off(0));
  EXPECT_FALSE(scavenger.turn_on([] { return ScavengerSwitch::kStartBytes; }));
}

TEST_F(ScavengerSwitchTest, ARunningScavengerServesAllThreads) {
  free_memory();
  EXPECT_EQ(started, 1);
}

TEST_F(ScavengerSwitchTest, MemoryFreedAfterItsLastLookKeepsItRunning) {
  const std::size_t seen = purgeable;
  free_memory();  // finds that one runs
  EXPECT_EQ(started, 1);
  EXPECT_FALSE(turn_off(seen));
  free_memory();
  EXPECT_EQ(started, 1);
}

TEST_F(ScavengerSwitchTest, MemoryFreedWhileItTurnsOffStartsAnother) {
  const auto freed_before_the_look = [this] {
    free_memory();
    return purgeable;
  };
  EXPECT_TRUE(scavenger.turn_off(freed_before_the_look, 0));
  EXPECT_EQ(started, 2);
}

TEST_F(ScavengerSwitchTest, MemoryFreedAtTheEndOfTheLookStartsAnother) {
  const auto freed_after_the_look = [this] {
    const std::size_t before = purgeable;
    free_memory();
    return before;
  };
  EXPECT_TRUE(scavenger.turn_off(freed_after_the_look, 0));
  EXPECT_EQ(started, 2);
}

TEST_F(ScavengerSwitchTest, MemoryThatCannotBePurgedLetsItEndAndTheNextFreeStartsAnother) {
  free_memory();
  EXPECT_TRUE(turn_off(purgeable));
  free_memory();
  EXPECT_EQ(started, 2);
}

}  // namespace
}  // namespace cenote
