/// All orders of steps of who pins, moves and ends an object, on the model beside this file (which says what
/// it bounds).
#include <vector>

#include <gtest/gtest.h>

#include "pools/movable/pin_protocol_model.hpp"
#include "support/state_walk.hpp"

namespace cenote::test::movable {
namespace {

using Roles = std::array<Role, kThreads>;

State first_state(const Roles& roles) {
  State state;
  for (std::size_t i = 0; i < kThreads; ++i) {
    state.threads[i].role = roles[i];
    if (roles[i] == Role::none) state.threads[i].at = At::ended;
  }
  return state;
}

/// All threads are at their end: the object is gone with its handle, else it is in one slot; no slot is lost.
const char* what_is_lost(const State& end) {
  bool owned = true;
  for (const Thread& thread : end.threads) owned = owned && thread.role != Role::owner;
  if (end.moving != 0 || end.pins != 0) return "the word says that somebody is at work";
  const int alive = end.alive[0] + end.alive[1], taken = end.taken[0] + end.taken[1];
  if (!owned) {
    if (end.destroyed != 1 || alive != 0) return "the object did not end once";
    return taken == 0 ? nullptr : "a slot of an object that has ended is lost";
  }
  if (alive != 1 || end.alive[end.place] == 0) return "the object is not where its entry says";
  return taken == 1 && end.taken[end.place] != 0 ? nullptr : "a slot is lost, or not the object's";
}

struct Model {
  const char* fault(const State& state) const {
    return state.wrong != 0 ? "somebody touches the object where it is not" : nullptr;
  }
  template <class Emit>
  void each_step(const State& state, Emit emit) const {
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      State next = state;
      if (Stepper{next, thread, defect}.step()) emit(next);
    }
  }
  const char* fault_at_end(const State& end) const {
    for (const Thread& thread : end.threads) {
      if (thread.at != At::ended) return "threads wait for each other";
    }
    return what_is_lost(end);
  }

  Defect defect;
};

// A mover, and three of: readers of either kind, an owner.
std::vector<Roles> scenes() {
  std::vector<Roles> result;
  for (const Role last : {Role::owner, Role::by_id, Role::none}) {
    for (const Role first : {Role::by_handle, Role::by_id, Role::none}) {
      for (const Role second : {Role::by_handle, Role::by_id}) {
        result.push_back({Role::mover, first, second, last});
      }
    }
  }
  return result;
}

const char* fault_in_any_scene(Defect defect, std::size_t& states) {
  for (const Roles& roles : scenes()) {
    StateWalk walk{first_state(roles), Model{defect}};
    if (const char* const fault = walk.find_fault()) return fault;
    states += walk.states();
  }
  return nullptr;
}
const char* fault_in_any_scene(Defect defect) {
  std::size_t states = 0;
  return fault_in_any_scene(defect, states);
}

TEST(PinProtocol, APinnedObjectStaysAndEndsOnce) {
  std::size_t states = 0;
  const char* const fault = fault_in_any_scene(Defect::none, states);
  EXPECT_EQ(fault, nullptr) << fault;
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, 5'000U) << "too few orders to mean anything";
}

TEST(PinProtocol, TheWalkFindsAMoveBehindAPin) {
  EXPECT_NE(fault_in_any_scene(Defect::move_without_asking), nullptr);
}
TEST(PinProtocol, TheWalkFindsAPinThatDoesNotWait) {
  EXPECT_NE(fault_in_any_scene(Defect::pin_does_not_wait), nullptr);
}
TEST(PinProtocol, TheWalkFindsAMoveThatEndsInTwoSteps) {
  EXPECT_NE(fault_in_any_scene(Defect::place_then_bit), nullptr);
}
TEST(PinProtocol, TheWalkFindsPinsThatAMoveForgets) {
  EXPECT_NE(fault_in_any_scene(Defect::stored_not_changed), nullptr);
}
TEST(PinProtocol, TheWalkFindsAnEndThatDoesNotWait) {
  EXPECT_NE(fault_in_any_scene(Defect::closer_does_not_wait), nullptr);
}
TEST(PinProtocol, TheWalkFindsAnEndThatTheLastPinForgets) {
  EXPECT_NE(fault_in_any_scene(Defect::last_pin_forgets), nullptr);
}
TEST(PinProtocol, TheWalkFindsAPinByIdInTwoSteps) {
  EXPECT_NE(fault_in_any_scene(Defect::checked_then_added), nullptr);
}

}  // namespace
}  // namespace cenote::test::movable
