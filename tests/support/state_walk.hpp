/// All states that a model can come to, whatever order the steps of its threads come in. Each is looked at
/// once.
///
/// A model says with what a state is wrong (`fault`), or null; to which states one step leads (`each_step`,
/// which calls what it is given with each); and with what a state is wrong from which no step leads
/// (`fault_at_end`).
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <type_traits>
#include <unordered_set>
#include <vector>

namespace cenote::test {

template <class State, class Model>
class StateWalk {
  static_assert(std::has_unique_object_representations_v<State>, "states are compared as bytes");

 public:
  StateWalk(const State& first, const Model& model) : model_{model} { visit(first); }

  /// The first fault in some order of steps; null when there is none in any.
  const char* find_fault() {
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
    if (const char* const fault = model_.fault(state)) return fault;
    bool moved = false;
    model_.each_step(state, [&](const State& next) {
      moved = true;
      visit(next);
    });
    return moved ? nullptr : model_.fault_at_end(state);
  }
  void visit(const State& state) {
    if (seen_.insert(state).second) left_.push_back(state);
  }

  struct Bytes {
    static std::string_view of(const State& s) { return {reinterpret_cast<const char*>(&s), sizeof s}; }
    std::size_t operator()(const State& s) const { return std::hash<std::string_view>{}(of(s)); }
    bool operator()(const State& a, const State& b) const { return of(a) == of(b); }
  };

  Model model_;
  std::unordered_set<State, Bytes, Bytes> seen_;
  std::vector<State> left_;
};

}  // namespace cenote::test
