/// All orders of steps of threads that share a buddy allocator, on the model beside this file (which says
/// what it bounds).
#include <vector>

#include <gtest/gtest.h>

#include "pools/buddy/buddy_protocol_model.hpp"
#include "support/state_walk.hpp"

namespace cenote::test::buddy {
namespace {

using Scripts = std::array<Script, kThreads>;

/// What the threads do, and how memory is cut at first: thread 1 holds the first block, thread 2 the second,
/// the rest is in the tree.
struct Scene {
  Scripts scripts;
  std::uint8_t held_order;
};

State first_state(const Scene& scene) {
  State state;
  for (auto& shelf : state.shelves) shelf.fill(kNone);
  const auto units = static_cast<std::uint8_t>(1 << scene.held_order);
  for (const std::uint8_t thread : {std::uint8_t{1}, std::uint8_t{2}}) {
    const auto unit = static_cast<std::uint8_t>((thread - 1) * units);
    state.threads[thread].held[0] = {unit, scene.held_order};
    for (std::uint8_t i = 0; i < units; ++i) state.in_use[unit + std::size_t{i}] = 1;
  }
  if (scene.held_order == 0) state.tree[2] = 2;
  return state;
}

/// At the end each unit is in use, on a shelf or in the tree, once.
bool nothing_is_lost(const State& end) {
  std::array<int, kUnits> seen{};
  const auto see = [&](std::uint8_t unit, int order) {
    for (int i = 0; i < 1 << order; ++i) ++seen[unit + static_cast<std::size_t>(i)];
  };
  for (std::uint8_t unit = 0; unit < kUnits; ++unit) {
    seen[unit] += end.in_use[unit];
    if (end.tree[unit] != 0) see(unit, end.tree[unit] - 1);
  }
  for (const auto& shelf : end.shelves) {
    for (std::uint8_t order = 0; order < kOrders; ++order) {
      if (shelf[order] != kNone) see(shelf[order], order);
    }
  }
  return seen == std::array<int, kUnits>{1, 1, 1, 1};
}

struct Model {
  const char* fault(const State& state) const {
    return state.wrong ? "told `exhausted` although there always was a block" : nullptr;
  }
  template <class Emit>
  void each_step(const State& state, Emit emit) const {
    for (std::uint8_t thread = 0; thread < kThreads; ++thread) {
      State next = state;
      if (Stepper{next, scripts, thread, defect}.step()) emit(next);
    }
  }
  const char* fault_at_end(const State& end) const {
    for (const Thread& thread : end.threads) {
      if (thread.at != At::ended) return "threads wait for each other";
    }
    return nothing_is_lost(end) ? nullptr : "a block is lost, or there twice";
  }

  const Scripts& scripts;
  Defect defect;
};

constexpr std::array kTakes{Call::take_0, Call::take_1, Call::take_2};

// One thread asks and gives back; the others, who hold blocks, give and ask in some order.
std::vector<Scene> scenes() {
  std::vector<Scene> result;
  for (const std::uint8_t held_order : {std::uint8_t{0}, std::uint8_t{1}}) {
    for (const Call first : kTakes) {
      for (const Call second : kTakes) {
        for (const Call third : kTakes) {
          result.push_back({{{{first, Call::give, Call::end, Call::end},
                              {Call::give, second, Call::give, Call::end},
                              {third, Call::give, Call::give, Call::end}}},
                            held_order});
        }
      }
    }
  }
  return result;
}

const char* fault_in_any_scene(Defect defect, std::size_t& states) {
  for (const Scene& scene : scenes()) {
    StateWalk walk{first_state(scene), Model{scene.scripts, defect}};
    if (const char* const fault = walk.find_fault()) return fault;
    states += walk.states();
  }
  return nullptr;
}
const char* fault_in_any_scene(Defect defect) {
  std::size_t states = 0;
  return fault_in_any_scene(defect, states);
}

TEST(BuddyProtocol, ExhaustedIsNeverALie) {
  std::size_t states = 0;
  const char* const fault = fault_in_any_scene(Defect::none, states);
  EXPECT_EQ(fault, nullptr) << fault;
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, 100'000U) << "too few orders to mean anything";
}

TEST(BuddyProtocol, TheWalkFindsABlockOnItsWayWithoutALock) {
  EXPECT_NE(fault_in_any_scene(Defect::shelf_left_before_tree), nullptr);
}

TEST(BuddyProtocol, TheWalkFindsShelvesThatFillBehindWhoEmptiesThem) {
  EXPECT_NE(fault_in_any_scene(Defect::joined_shelf_after_shelf), nullptr);
}

TEST(BuddyProtocol, TheWalkFindsBlocksForgottenOnShelves) {
  EXPECT_NE(fault_in_any_scene(Defect::exhausted_without_joining), nullptr);
}

}  // namespace
}  // namespace cenote::test::buddy
