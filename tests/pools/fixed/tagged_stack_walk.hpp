/// Runs programs on the real TaggedStack in every order of their steps.
///
/// A step is one access to an atomic word. The stack is compiled with WalkedWord in place of std::atomic. To
/// let a thread take one more step, its current call runs from its beginning: words answer the accesses that
/// it has made before from a log, then make one for real, then answer anything, and what the call does with
/// that is thrown away. So a state is the words, and for each thread its log, its place and the slots that it
/// has: states that look alike are walked once. Bounds: the programs given, sequentially consistent memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include <cenote/detail/tagged_stack.hpp>

namespace cenote::test {

/// What one thread has seen of the words during its current call.
struct Access {
  std::uint64_t value;
  bool swapped;
};

/// Three slots, whose indices take two bits; a head with the fourth is an empty stack.
inline constexpr SlotIndex kSlots = 3;
inline constexpr std::uint64_t kNoWord = 3;

/// The words of the one stack under test, and the call that runs on them.
class Tape {
 public:
  std::vector<std::uint64_t> words;
  std::vector<Access> log;  // of the call that runs

  /// Runs `call` as far as the log goes and one access further; whether it came to its end.
  template <class Call>
  bool run(Call call) {
    at_ = 0;
    end_ = log.size() + 1;
    call();
    return at_ <= end_;
  }

  /// One access of the call that runs: `real` makes it.
  template <class Real>
  Access access(Real real) {
    const std::size_t at = at_++;
    if (at < log.size()) return log[at];
    // Thrown away: an empty stack, and in the end a swap that succeeds, leave every loop.
    if (at >= end_) return {kNoWord, at > end_ + 20};
    log.push_back(real());
    return log.back();
  }

 private:
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

inline Tape g_tape{};

/// As much of std::atomic<std::uint64_t> as the stack uses.
class WalkedWord {
 public:
  explicit WalkedWord(std::uint64_t value = 0) : index_{g_tape.words.size()} {
    g_tape.words.push_back(value);
  }

  std::uint64_t load(std::memory_order) const {
    return g_tape.access([this] { return Access{word(), true}; }).value;
  }
  void store(std::uint64_t value, std::memory_order) {
    g_tape.access([&] {
      word() = value;
      return Access{0, true};
    });
  }
  std::uint64_t fetch_add(std::uint64_t more, std::memory_order) {
    return g_tape.access([&] { return Access{std::exchange(word(), word() + more), true}; }).value;
  }
  bool compare_exchange_weak(std::uint64_t& expected, std::uint64_t desired, std::memory_order,
                             std::memory_order) {
    const Access result = g_tape.access([&] {
      const Access found{word(), word() == expected};
      if (found.swapped) word() = desired;
      return found;
    });
    if (!result.swapped) expected = result.value;
    return result.swapped;
  }

 private:
  std::uint64_t& word() const { return g_tape.words[index_]; }
  std::size_t index_;
};

/// One call of a thread.
struct Call {
  enum Kind : std::uint8_t { pop, push_first, push_last, pop_many, push_all, look } kind;
  SlotIndex count = 0;
};
using Program = std::vector<Call>;

class StackWalk {
 public:
  /// The stack holds slots 0 to 2, 0 on top.
  StackWalk(unsigned tag_bits, std::vector<Program> programs) : programs_{std::move(programs)} {
    g_tape.words.clear();
    links_.resize(kSlots + 1);
    stack_.emplace_back(links_.data(), kSlots, tag_bits);
    in_one_go([&] {
      stack_[0].circulate(kSlots);
      stack_[0].push_many(kSlots, [](SlotIndex i) { return i; });
    });
  }

  /// What goes wrong in some order of steps; null when nothing does in any.
  const char* find_fault() {
    State first{g_tape.words, std::vector<Thread>(programs_.size())};
    visit(first);
    while (!left_.empty()) {
      const State state = std::move(left_.back());
      left_.pop_back();
      bool all_ended = true;
      for (std::size_t thread = 0; thread < programs_.size(); ++thread) {
        if (state.threads[thread].next == programs_[thread].size()) continue;
        all_ended = false;
        State after = state;
        if (const char* const fault = step(after, thread)) return fault;
        visit(after);
      }
      if (all_ended) {
        if (const char* const fault = look_at_end(state)) return fault;
      }
    }
    return nullptr;
  }
  std::size_t states() const { return seen_.size(); }

 private:
  struct Thread {
    std::size_t next = 0;  // call of its program
    std::vector<Access> log{};
    std::vector<SlotIndex> has{};
    std::uint64_t pops = 0;
  };
  struct State {
    std::vector<std::uint64_t> words;
    std::vector<Thread> threads;
  };

  struct Outcome {
    std::vector<SlotIndex> popped{};
    SlotIndex out = 0;
    std::size_t pushed = 0;
    bool pushed_first = false;
  };

  template <class F>
  void in_one_go(F call) {
    g_tape.log.clear();
    while (!g_tape.run(call)) {
    }
  }

  Outcome perform(Call call, const Thread& thread) {
    auto& stack = stack_[0];
    Outcome outcome;
    switch (call.kind) {
      case Call::pop: {
        const auto popped = stack.pop();
        if (popped.slot != kNoSlot) outcome.popped.push_back(popped.slot);
        outcome.out = popped.out;
        break;
      }
      case Call::pop_many:
        outcome.out = stack.pop_many(call.count, [&](SlotIndex slot) { outcome.popped.push_back(slot); }).out;
        break;
      case Call::push_first:
      case Call::push_last:
        if (thread.has.empty()) break;
        outcome.pushed = 1;
        outcome.pushed_first = call.kind == Call::push_first;
        stack.push(outcome.pushed_first ? thread.has.front() : thread.has.back());
        break;
      case Call::push_all:
        outcome.pushed = thread.has.size();
        stack.push_many(static_cast<SlotIndex>(thread.has.size()),
                        [&](SlotIndex i) { return thread.has[i]; });
        break;
      case Call::look:
        outcome.out = stack.out();
        break;
    }
    return outcome;
  }

  /// Lets a thread take one step; null, or what it shows to be wrong.
  const char* step(State& state, std::size_t index) {
    Thread& thread = state.threads[index];
    const Call call = programs_[index][thread.next];
    g_tape.words = state.words;
    g_tape.log = thread.log;
    Outcome outcome;
    const bool ended = g_tape.run([&] { outcome = perform(call, thread); });
    state.words = g_tape.words;
    thread.log = g_tape.log;
    return ended ? finish(state, thread, outcome) : nullptr;
  }

  static const char* finish(State& state, Thread& thread, const Outcome& outcome) {
    thread.log.clear();
    ++thread.next;
    if (outcome.out > kSlots) return "more slots out than there are";
    for (const SlotIndex slot : outcome.popped) {
      if (slot >= kSlots) return "a slot that is none was handed out";
      for (const Thread& other : state.threads) {
        if (std::count(other.has.begin(), other.has.end(), slot) != 0) return "a slot was handed out twice";
      }
      thread.has.push_back(slot);
    }
    thread.pops += outcome.popped.size();
    if (!outcome.popped.empty() && outcome.out < outcome.popped.size())
      return "fewer slots out than were popped";
    if (outcome.pushed > 1) {
      thread.has.clear();
    } else if (outcome.pushed == 1) {
      thread.has.erase(outcome.pushed_first ? thread.has.begin() : thread.has.end() - 1);
    }
    return nullptr;
  }

  /// No call is in progress: every slot is on the stack or with one thread, and the stack knows how many.
  const char* look_at_end(const State& state) {
    g_tape.words = state.words;
    std::array<int, kSlots> places{};
    std::size_t out = 0;
    std::uint64_t pops = 0, told_pops = 0;
    for (const Thread& thread : state.threads) {
      pops += thread.pops;
      out += thread.has.size();
      for (const SlotIndex slot : thread.has) ++places[slot];
    }
    SlotIndex told = 0;
    bool marked = true;
    in_one_go([&] { told = stack_[0].out(); });
    in_one_go([&] { told_pops = stack_[0].pops(); });
    for (SlotIndex slot = 0; slot < kSlots; ++slot) {
      bool is_out = false;
      in_one_go([&] { is_out = stack_[0].is_out(slot); });
      marked = marked && is_out == (places[slot] != 0);
    }
    for (std::size_t i = 0; i <= kSlots; ++i) {
      SlotIndex slot = kNoSlot;
      in_one_go([&] { slot = stack_[0].pop().slot; });
      if (slot == kNoSlot) break;
      if (slot >= kSlots) return "a slot that is none is on the stack";
      ++places[slot];
    }
    if (std::any_of(places.begin(), places.end(), [](int n) { return n > 1; }))
      return "a slot is in two places";
    if (std::any_of(places.begin(), places.end(), [](int n) { return n < 1; })) return "a slot is lost";
    if (told != out) return "the stack miscounts the slots that are out";
    if (!marked) return "a slot is marked as what it is not";
    return told_pops == pops ? nullptr : "the stack miscounts its pops";
  }

  void visit(const State& state) {
    if (seen_.insert(key_of(state)).second) left_.push_back(state);
  }
  static std::string key_of(const State& state) {
    std::string key;
    const auto add = [&key](std::uint64_t n) { key.append(reinterpret_cast<const char*>(&n), sizeof n); };
    for (const std::uint64_t word : state.words) add(word);
    for (const Thread& thread : state.threads) {
      add(std::uint64_t{thread.next} << 32 | thread.log.size() << 16 | thread.pops << 8 | thread.has.size());
      for (const Access& access : thread.log) add(access.value * 2 + (access.swapped ? 1 : 0));
      for (const SlotIndex slot : thread.has) add(slot);
    }
    return key;
  }

  std::vector<Program> programs_;
  std::vector<WalkedWord> links_;
  std::vector<TaggedStack<WalkedWord>> stack_;  // one
  std::unordered_set<std::string> seen_;
  std::vector<State> left_;
};

}  // namespace cenote::test
