/// The lock-free stack: in every order of the steps of small programs, and on its own.
#include <atomic>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pools/fixed/tagged_stack_walk.hpp"

namespace cenote::test {
namespace {

const Call kPop{Call::pop}, kPushFirst{Call::push_first}, kPushLast{Call::push_last},
    kPushAll{Call::push_all}, kLook{Call::look}, kPopTwo{Call::pop_many, 2}, kPopAll{Call::pop_many, kNoSlot};

/// One thread pops; others pop A and B and push A again before it swings the head.
const std::vector<Program> kAba{{kPop, kPop}, {kPop, kPop, kPushFirst}};
/// The same after two rounds more.
const std::vector<Program> kLongAba{{kPop, kPop}, {kPop, kPushLast, kPop, kPushLast, kPop, kPop, kPushFirst}};

/// What a wide tag must stand.
const std::vector<std::vector<Program>> kScenes{
    kAba,
    kLongAba,
    {{kPop, kPushLast, kPop}, {kPop, kPop, kPushFirst, kPop}},
    {{kPop, kPop, kPop, kPop}, {kPop, kPushLast, kPop, kPushLast}},
    {{kPop, kPushLast}, {kPop, kPushLast}, {kPop, kPushLast}},
    {{kPop}, {kPop, kPop, kPushFirst}, {kPop}},
    {{kPopTwo, kPushAll}, {kPop, kPop, kPushFirst}},
    {{kPopAll, kPushAll}, {kPop, kPushLast, kPop}},
    {{kPopTwo, kPushAll}, {kPopTwo, kPushAll}},
    {{kPopAll, kPushAll}, {kPopAll}, {kPop}},
    {{kLook, kPop, kLook}, {kPop, kPop, kPushAll}},
};

TEST(TaggedStack, NoOrderOfStepsHandsOutASlotTwiceOrLosesOne) {
  std::size_t states = 0;
  for (std::size_t scene = 0; scene < kScenes.size(); ++scene) {
    StackWalk walk{0, kScenes[scene]};
    const char* const fault = walk.find_fault();
    EXPECT_EQ(fault, nullptr) << fault << ", scene " << scene;
    states += walk.states();
  }
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, 100'000U) << "too few orders to mean anything";
}

TEST(TaggedStack, TheWalkFindsTheAbaProblemOfATagOfOneBit) {
  EXPECT_NE((StackWalk{1, kAba}.find_fault()), nullptr);
}

TEST(TaggedStack, EachBitOfTheTagDoublesThePopsThatAnAbaTakes) {
  EXPECT_EQ((StackWalk{2, kAba}.find_fault()), nullptr);
  EXPECT_NE((StackWalk{2, kLongAba}.find_fault()), nullptr);
  EXPECT_EQ((StackWalk{3, kLongAba}.find_fault()), nullptr);
}

// --- one thread --------------------------------------------------------------------------------------------

using Word = std::atomic<std::uint64_t>;

TEST(TaggedStack, CountsPopsBeyondItsTag) {
  for (const unsigned tag_bits : {1U, 2U, 4U, 0U}) {
    std::vector<Word> links(16);
    TaggedStack<> stack{links.data(), 10, tag_bits};
    stack.circulate(10);
    stack.push_many(10, [](SlotIndex i) { return i; });
    for (std::uint64_t pops = 0; pops < 100; ++pops) {
      ASSERT_EQ(stack.pops(), pops) << tag_bits;
      stack.push(stack.pop().slot);
    }
  }
}

TEST(TaggedStack, CountsPopsOfManyAtOnce) {
  std::vector<Word> links(16);
  TaggedStack<> stack{links.data(), 10, 4};
  stack.circulate(10);
  stack.push_many(10, [](SlotIndex i) { return i; });
  std::uint64_t pops = 0;
  for (SlotIndex count = 1; count <= 10; ++count) {
    for (int round = 0; round < 20; ++round) {
      std::vector<SlotIndex> slots;
      stack.pop_many(count, [&](SlotIndex slot) { slots.push_back(slot); });
      ASSERT_EQ(slots.size(), count);
      ASSERT_EQ(stack.pops(), pops += count);
      stack.push_many(count, [&](SlotIndex i) { return slots[i]; });
    }
  }
}

TEST(TaggedStack, TellsHowManySlotsAreOut) {
  std::vector<Word> links(128);
  TaggedStack<> stack{links.data(), 100};
  EXPECT_EQ(stack.pop().slot, kNoSlot);
  EXPECT_EQ(stack.out(), 0U);
  stack.circulate(100);
  stack.push_many(100, [](SlotIndex i) { return i; });
  EXPECT_EQ(stack.out(), 0U);
  for (SlotIndex i = 0; i < 100; ++i) {
    const auto popped = stack.pop();
    EXPECT_EQ(popped.slot, i) << "slot_at(0) is pushed last";
    EXPECT_EQ(popped.out, i + 1);
    EXPECT_EQ(stack.out(), i + 1);
    EXPECT_TRUE(stack.is_out(i));
  }
  EXPECT_EQ(stack.pop().slot, kNoSlot);
  for (SlotIndex i = 0; i < 100; ++i) {
    stack.push(i);
    EXPECT_FALSE(stack.is_out(i));
    EXPECT_EQ(stack.out(), 99 - i);
  }
  SlotIndex expected = 100;
  stack.pop_many(60, [&](SlotIndex slot) { EXPECT_EQ(slot, --expected); });
  EXPECT_EQ(stack.out(), 60U);
  stack.pop_many(60, [&](SlotIndex slot) { EXPECT_EQ(slot, --expected); });
  EXPECT_EQ(expected, 0U) << "what there was";
}

TEST(TaggedStack, HeldSlotsAreNeitherOutNorInStock) {
  std::vector<Word> links(8);
  TaggedStack<> stack{links.data(), 4};
  stack.circulate(4);
  stack.push_many(4, [](SlotIndex i) { return i; });
  stack.pop_many(2, [](SlotIndex) {});
  stack.hold(0, kNoSlot);
  stack.hold(1, 0);
  EXPECT_TRUE(stack.is_held(1));
  EXPECT_FALSE(stack.is_out(1));
  EXPECT_EQ(stack.next_held(1), 0U);
  EXPECT_EQ(stack.next_held(0), kNoSlot);
  stack.set_stocked(1);
  EXPECT_FALSE(stack.is_held(1));
  EXPECT_FALSE(stack.is_out(1));
}

}  // namespace
}  // namespace cenote::test
