/// All orders of steps of who pins, moves and ends an object, on the model beside this file (which says what it bounds).
#include <string_view>
#include <unordered_set>
#include <vector>

#include <gtest/gtest.h>

#include "movable/pin_protocol_model.hpp"

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

class Walk {
 public:
  explicit Walk(Defect defect) : defect_{defect} {}

  /// What is wrong in some order of steps; null when nothing is in any.
  const char* find_fault(const State& first) {
    visit(first);
    while (!left_.empty()) {
      const State state = left_.back();
      left_.pop_back();
      if (const char* const fault = look(state)) return fault;
    }
    return nullptr;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  const char* look(const State& state) {
    if (state.wrong != 0) return "somebody touches the object where it is not";
    bool all_ended = true, moved = false;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      all_ended = all_ended && state.threads[thread].at == At::ended;
      State next = state;
      if (!Stepper{next, thread, defect_}.step()) continue;
      moved = true;
      visit(next);
    }
    if (all_ended) return what_is_lost(state);
    return moved ? nullptr : "threads wait for each other";
  }
  void visit(const State& state) {
    if (seen_.insert(state).second) left_.push_back(state);
  }

  struct Bytes {
    static std::string_view of(const State& s) { return {reinterpret_cast<const char*>(&s), sizeof s}; }
    std::size_t operator()(const State& s) const { return std::hash<std::string_view>{}(of(s)); }
    bool operator()(const State& a, const State& b) const { return of(a) == of(b); }
  };

  Defect defect_;
  std::unordered_set<State, Bytes, Bytes> seen_;
  std::vector<State> left_;
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
    Walk walk{defect};
    if (const char* const fault = walk.find_fault(first_state(roles))) return fault;
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
