/// All orders of steps of the recall of cached slots, on the model beside this file (which says what it bounds).
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "fixed/recall_protocol_model.hpp"

namespace cenote::test {
namespace {

class RecallWalk {
 public:
  explicit RecallWalk(RecallDefect defect) : defect_{defect} {}

  /// What is wrong in some order of steps, of all faults or of one kind; null when nothing is in any.
  const char* find_fault(std::string_view kind = {}) {
    visit({});
    while (!left_.empty()) {
      const RecallState state = left_.back();
      left_.pop_back();
      if (const char* const fault = what_is_wrong(state)) {
        if (kind.empty() || kind == fault) return fault;
        continue;
      }
      bool moved = false;
      RecallStepper{state, defect_}.each([&](const RecallState& next) {
        moved = true;
        visit(next);
      });
      const bool done =
          state.operations == 0 && state.owner == OwnerAt::idle && state.recaller == RecallerAt::idle;
      if (!moved && !done) return "owner and recaller wait for each other";
    }
    return nullptr;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  void visit(const RecallState& state) {
    if (seen_.insert(state).second) left_.push_back(state);
  }

  struct Bytes {
    static std::string_view of(const RecallState& s) { return {reinterpret_cast<const char*>(&s), sizeof s}; }
    std::size_t operator()(const RecallState& s) const { return std::hash<std::string_view>{}(of(s)); }
    bool operator()(const RecallState& a, const RecallState& b) const { return of(a) == of(b); }
  };

  RecallDefect defect_;
  std::unordered_set<RecallState, Bytes, Bytes> seen_;
  std::vector<RecallState> left_;
};

TEST(RecallProtocol, NoSlotIsHandedOutTwiceOrLost) {
  RecallWalk walk{RecallDefect::none};
  const char* const fault = walk.find_fault();
  EXPECT_EQ(fault, nullptr) << fault;
  RecordProperty("states", static_cast<int>(walk.states()));
  EXPECT_GT(walk.states(), 1000U) << "too few orders to mean anything";
}

TEST(RecallProtocol, TheWalkFindsWhatTheProcessFenceIsFor) {
  EXPECT_NE(RecallWalk{RecallDefect::no_fence}.find_fault("the slot was handed out twice"), nullptr);
  EXPECT_NE(RecallWalk{RecallDefect::no_fence}.find_fault("the slot is lost"), nullptr);
  EXPECT_NE(RecallWalk{RecallDefect::fence_before_flag}.find_fault(), nullptr);
}

TEST(RecallProtocol, TheWalkFindsARecallerThatDoesNotWait) {
  EXPECT_NE(RecallWalk{RecallDefect::no_waiting}.find_fault(), nullptr);
}

TEST(RecallProtocol, TheWalkFindsAnOwnerThatSaysTooEarlyThatItIsDone) {
  EXPECT_NE(RecallWalk{RecallDefect::idle_too_early}.find_fault(), nullptr);
}

TEST(RecallProtocol, TheWalkFindsAnOwnerThatDoesNotAsk) {
  EXPECT_NE(RecallWalk{RecallDefect::flag_not_asked}.find_fault(), nullptr);
}

}  // namespace
}  // namespace cenote::test
