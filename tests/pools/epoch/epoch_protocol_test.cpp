/// All orders of steps of readers, a writer and a collector, on the model beside this file (which says what
/// it bounds).
#include <array>
#include <string_view>

#include <gtest/gtest.h>

#include "pools/epoch/epoch_protocol_model.hpp"
#include "support/state_walk.hpp"

namespace cenote::test {
namespace {

constexpr std::string_view kUsedAfter = "an object was used after it was given back";

/// How often each may begin.
struct Scene {
  std::array<std::uint8_t, 2> guards;
  std::uint8_t writes, collections;
};
// Small enough that all walks together take some seconds.
constexpr std::array<Scene, 4> kScenes{{{{1, 1}, 1, 2}, {{2, 0}, 2, 2}, {{1, 0}, 2, 3}, {{2, 1}, 1, 1}}};

EpochState first_state(const Scene& scene) {
  EpochState state;
  for (std::size_t i = 0; i < 2; ++i) state.readers[i].guards = scene.guards[i];
  state.writes = scene.writes;
  state.collections = scene.collections;
  return state;
}

struct EpochModel {
  const char* fault(const EpochState& state) const { return what_is_wrong(state); }
  template <class Emit>
  void each_step(const EpochState& state, Emit emit) const {
    EpochStepper{state, fence, defect}.each(emit);
  }
  const char* fault_at_end(const EpochState& end) const { return what_is_lost(end); }

  EpochFenceModel fence;
  EpochDefect defect = EpochDefect::none;
};

/// The fault of the first scene that has one; empty when none has.
std::string_view fault(EpochDefect defect, EpochFenceModel fence = EpochFenceModel::at_collections) {
  for (const Scene& scene : kScenes) {
    StateWalk walk{first_state(scene), EpochModel{fence, defect}};
    if (const char* const found = walk.find_fault()) return found;
  }
  return {};
}

TEST(EpochProtocol, NothingIsGivenBackThatAGuardCanSeeAndNothingIsLost) {
  for (const EpochFenceModel fence : {EpochFenceModel::at_collections, EpochFenceModel::at_readers}) {
    std::size_t states = 0;
    for (const Scene& scene : kScenes) {
      StateWalk walk{first_state(scene), EpochModel{fence}};
      const char* const found = walk.find_fault();
      EXPECT_EQ(found, nullptr) << found;
      states += walk.states();
    }
    RecordProperty(fence == EpochFenceModel::at_readers ? "states_at_readers" : "states_at_collections",
                   static_cast<int>(states));
    EXPECT_GT(states, 50'000U) << "too few orders to mean anything";
  }
}

TEST(EpochProtocol, TheWalkFindsWhatTheFencesAreFor) {
  EXPECT_EQ(fault(EpochDefect::no_fence), kUsedAfter);
  EXPECT_EQ(fault(EpochDefect::no_fence, EpochFenceModel::at_readers), kUsedAfter);
  EXPECT_EQ(fault(EpochDefect::fence_before_end), kUsedAfter);
}

TEST(EpochProtocol, TheWalkFindsEpochsThatEndTooEarlyOrAreCountedWrong) {
  EXPECT_EQ(fault(EpochDefect::end_before_take), kUsedAfter);
  EXPECT_EQ(fault(EpochDefect::one_epoch_short), kUsedAfter);
}

TEST(EpochProtocol, TheWalkFindsReadersThatReadTooEarlyOrUseTooLate) {
  EXPECT_EQ(fault(EpochDefect::read_before_enter), kUsedAfter);
  EXPECT_EQ(fault(EpochDefect::leave_before_use), kUsedAfter);
  EXPECT_EQ(fault(EpochDefect::inner_leaves), kUsedAfter);
}

TEST(EpochProtocol, TheWalkFindsWhatIsRetiredWhileItCanBeFound) {
  EXPECT_EQ(fault(EpochDefect::retire_linked), kUsedAfter);
}

TEST(EpochProtocol, TheWalkFindsABatchThatTwoHave) { EXPECT_FALSE(fault(EpochDefect::copy_batch).empty()); }

}  // namespace
}  // namespace cenote::test
