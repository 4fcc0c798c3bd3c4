/// All orders of steps of the recall of cached slots, on the model beside this file (which says what it
/// bounds).
#include <string_view>

#include <gtest/gtest.h>

#include "pools/fixed/recall_protocol_model.hpp"
#include "support/state_walk.hpp"

namespace cenote::test {
namespace {

struct RecallModel {
  const char* fault(const RecallState& state) const {
    const char* const fault = what_is_wrong(state);
    return fault != nullptr && (kind.empty() || kind == fault) ? fault : nullptr;
  }
  template <class Emit>
  void each_step(const RecallState& state, Emit emit) const {
    if (what_is_wrong(state) == nullptr) RecallStepper{state, defect}.each(emit);
  }
  const char* fault_at_end(const RecallState& end) const {
    if (what_is_wrong(end) != nullptr) return nullptr;  // of another kind
    const bool done = end.operations == 0 && end.owner == OwnerAt::idle && end.recaller == RecallerAt::idle;
    return done ? nullptr : "owner and recaller wait for each other";
  }

  RecallDefect defect;
  std::string_view kind{};  // of the faults that are looked for; empty: all
};

const char* find_fault(RecallDefect defect, std::string_view kind = {}) {
  return StateWalk{RecallState{}, RecallModel{defect, kind}}.find_fault();
}

TEST(RecallProtocol, NoSlotIsHandedOutTwiceOrLost) {
  StateWalk walk{RecallState{}, RecallModel{RecallDefect::none}};
  const char* const fault = walk.find_fault();
  EXPECT_EQ(fault, nullptr) << fault;
  RecordProperty("states", static_cast<int>(walk.states()));
  EXPECT_GT(walk.states(), 1000U) << "too few orders to mean anything";
}

TEST(RecallProtocol, TheWalkFindsWhatTheProcessFenceIsFor) {
  EXPECT_NE(find_fault(RecallDefect::no_fence, "the slot was handed out twice"), nullptr);
  EXPECT_NE(find_fault(RecallDefect::no_fence, "the slot is lost"), nullptr);
  EXPECT_NE(find_fault(RecallDefect::fence_before_flag), nullptr);
}

TEST(RecallProtocol, TheWalkFindsARecallerThatDoesNotWait) {
  EXPECT_NE(find_fault(RecallDefect::no_waiting), nullptr);
}

TEST(RecallProtocol, TheWalkFindsAnOwnerThatSaysTooEarlyThatItIsDone) {
  EXPECT_NE(find_fault(RecallDefect::idle_too_early), nullptr);
}

TEST(RecallProtocol, TheWalkFindsAnOwnerThatDoesNotAsk) {
  EXPECT_NE(find_fault(RecallDefect::flag_not_asked), nullptr);
}

}  // namespace
}  // namespace cenote::test
