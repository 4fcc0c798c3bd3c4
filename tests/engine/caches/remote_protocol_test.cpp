/// All orders of steps of the remote-free protocol, on the model beside this file (which says what it
/// bounds).
#include <vector>

#include <gtest/gtest.h>

#include "engine/caches/remote_protocol_model.hpp"
#include "support/state_walk.hpp"

namespace cenote::test {
namespace {

/// Who frees how many blocks, who asks for abandoned slabs, whose threads end, and whether slabs in use are
/// left to the central pool, where thread 3 purges them. Thread 0 owns the slab at first.
struct Scene {
  std::array<std::uint8_t, kThreads> blocks;
  std::array<bool, 3> takes;
  std::array<bool, 3> leaves;
  bool parks = false;
};

State first_state(const Scene& scene) {
  State state;
  for (std::size_t i = 0; i < kThreads; ++i) {
    state.threads[i].blocks = scene.blocks[i];
    state.used = static_cast<std::uint8_t>(state.used + scene.blocks[i]);
    state.threads[i].purges = i == 3 && scene.parks;
    if (i == 3) break;
    state.threads[i].parks = i != 2 && scene.parks;
    state.threads[i].takes = scene.takes[i];
    state.threads[i].leaves = scene.leaves[i];
  }
  return state;
}

/// All blocks have come home and nobody does anything any more: the slab is gone, or its owner knows or will
/// find.
const char* what_is_lost(const State& end) {
  if (!end.alive) return nullptr;
  if (end.owner == kOrphans)
    return end.used == end.remote ? "an orphan whose blocks are all home was not released" : nullptr;
  if (end.owner == kNone) return "a slab that nobody owns was not released";
  if (end.closed[end.owner - std::size_t{kA}]) return "a cache that is gone owns the slab";
  if (end.remote != 0 && end.listed != end.owner) return "the owner was not told of a remote free";
  return nullptr;
}

struct Model {
  const char* fault(const State& state) const {
    return state.wrong ? "a step that the engine could not survive" : nullptr;
  }
  template <class Emit>
  void each_step(const State& state, Emit emit) const {
    for (int thread = 0; thread < kThreads; ++thread) Stepper{state, thread, defect}.each(emit);
  }
  const char* fault_at_end(const State& end) const {
    for (const Thread& thread : end.threads) {
      if (thread.at != At::ended) return "threads wait for each other";
    }
    return what_is_lost(end);
  }

  Defect defect;
};

// Small enough that all walks together take a second or two.
std::vector<Scene> scenes() {
  std::vector<Scene> result;
  for (const std::array<std::uint8_t, kThreads>& blocks : {std::array<std::uint8_t, kThreads>{0, 1, 0, 1},
                                                           {0, 2, 0, 1},
                                                           {1, 0, 0, 1},
                                                           {0, 0, 0, 2},
                                                           {0, 1, 1, 0}}) {
    for (const bool c_takes : {false, true}) {
      if (c_takes && blocks[1] == 2) continue;  // the most states, and no new kind of order
      for (unsigned leaves = 0; leaves < 8; ++leaves) {
        result.push_back(
            {blocks, {false, false, c_takes}, {(leaves & 1) != 0, (leaves & 2) != 0, (leaves & 4) != 0}});
        if (leaves != 0) continue;  // the states multiply
        result.push_back(result.back());
        result.back().parks = true;
      }
    }
  }
  return result;
}

const char* fault_in_any_scene(Defect defect) {
  for (const Scene& scene : scenes()) {
    if (const char* const fault = StateWalk{first_state(scene), Model{defect}}.find_fault()) return fault;
  }
  return nullptr;
}

TEST(RemoteProtocol, EveryRemoteFreeIsCollectedOrItsOwnerKnows) {
  std::size_t states = 0;
  for (const Scene& scene : scenes()) {
    StateWalk walk{first_state(scene), Model{Defect::none}};
    const char* const fault = walk.find_fault();
    ASSERT_EQ(fault, nullptr) << fault;
    states += walk.states();
  }
  RecordProperty("states", static_cast<int>(states));
  EXPECT_GT(states, 10'000U) << "too few orders to mean anything";
}

TEST(RemoteProtocol, TheWalkFindsASlabThatIsDroppedTwice) {
  EXPECT_NE(fault_in_any_scene(Defect::owner_cleared_after_unlock), nullptr);
}

TEST(RemoteProtocol, TheWalkFindsOrphansThatNobodyReleases) {
  EXPECT_NE(fault_in_any_scene(Defect::orphans_left_uncollected), nullptr);
}

TEST(RemoteProtocol, TheWalkFindsFreesIntoASlabThatIsBeingPurged) {
  EXPECT_NE(fault_in_any_scene(Defect::put_back_uncollected), nullptr);
}

TEST(RemoteProtocol, TheWalkFindsFreesBetweenCollectionAndChangeOfOwner) {
  EXPECT_NE(fault_in_any_scene(Defect::collected_before_owner_change), nullptr);
}

}  // namespace
}  // namespace cenote::test
