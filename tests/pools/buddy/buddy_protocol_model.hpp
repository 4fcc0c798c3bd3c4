/// A model of how BuddyCore's threads pass blocks between shelves and tree: take, join_and_take and put_back,
/// lock by lock.
///
/// Four units, so three orders; two shelves with magazines of one block, of which threads 0 and 1 share the
/// first; three threads with up to three calls each. Taking a lock, what is done under it, and letting it go
/// are steps of their own; the explorer walks all orders of the steps. A thread that is told `exhausted` must
/// have lived through a moment at which no free units, joined as far as they could be, made such a block: the
/// model looks after every step of any thread, whether a lock is held or not. Memory is sequentially
/// consistent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cenote::test::buddy {

/// Shortcuts that the protocol must not take: the model must find each.
enum class Defect : std::uint8_t {
  none,
  /// a full magazine is emptied under the shelf's lock, and given to the tree without it
  shelf_left_before_tree,
  joined_shelf_after_shelf,   ///< who joins holds one shelf at a time
  exhausted_without_joining,  ///< the tree alone decides
};

inline constexpr std::uint8_t kUnits = 4, kOrders = 3, kThreads = 3, kShelves = 2;
inline constexpr std::uint8_t kNone = 0xff;

struct Block {
  std::uint8_t unit = kNone;
  std::uint8_t order = 0;
};

/// A call: an allocation of an order, or the free of the block held longest. Scripts of them are run to their
/// end.
enum class Call : std::uint8_t { take_0, take_1, take_2, give, end };
inline constexpr std::size_t kCalls = 3;
using Script = std::array<Call, kCalls + 1>;

enum class At : std::uint8_t {
  idle,
  enter_shelf,  // take
  look_at_shelf,
  enter_tree,
  take_from_tree,
  leave_tree,
  leave_shelf,
  join_shelf,   // join_and_take: one step for each lock
  empty_shelf,  // defective only
  join_tree,
  join,
  leave_all,
  give_shelf,  // put_back
  push,
  leave_early,  // defective only
  give_tree,
  flush,
  leave_give_tree,
  leave_give_shelf,
  ended
};

struct Thread {
  At at = At::idle;
  std::uint8_t next = 0;   // of its script
  std::uint8_t order = 0;  // that it wants
  std::uint8_t shelf = 0;  // that it locks next, joining
  bool failed = false;     // the tree had none
  bool moment = false;     // there was a moment without such a block
  Block moving{};          // on its way from shelf to tree, or to the shelf
  std::array<Block, 2> held{};
};

/// Bytes only, without padding: states are compared as bytes.
struct State {
  std::array<std::uint8_t, kUnits> in_use{};  // 1: part of a block that a thread holds, or is about to free
  std::array<std::array<std::uint8_t, kOrders>, kShelves> shelves{};  // the unit that lies there
  std::array<std::uint8_t, kUnits> tree{};  // 1 + the order of the free block that starts at this unit
  std::array<std::uint8_t, kShelves> shelf_locks{};  // 1 + the thread that holds it
  std::uint8_t tree_lock = 0;
  bool wrong = false;  // told `exhausted`, and it was never true
  std::array<Thread, kThreads> threads{};
};
static_assert(sizeof(Thread) == 12 && sizeof(State) == 18 + kThreads * sizeof(Thread));

/// Whether free units, wherever they are, could make a block of `order`.
inline bool could_be_had(const State& state, std::uint8_t order) {
  const std::uint8_t units = static_cast<std::uint8_t>(1 << order);
  for (std::uint8_t first = 0; first < kUnits; first = static_cast<std::uint8_t>(first + units)) {
    bool free = true;
    for (std::uint8_t unit = first; unit < first + units; ++unit) free = free && state.in_use[unit] == 0;
    if (free) return true;
  }
  return false;
}

/// The next step of one thread; threads have no choices beside their order.
class Stepper {
 public:
  Stepper(State& state, const std::array<Script, kThreads>& scripts, std::uint8_t thread, Defect defect)
      : s_{state}, t_{state.threads[thread]}, script_{scripts[thread]}, self_{thread}, defect_{defect} {}

  /// False when the thread waits for a lock or is at its end.
  bool step() {
    const bool moved = run();
    for (Thread& thread : s_.threads) thread.moment = thread.moment || !could_be_had(s_, thread.order);
    return moved;
  }

 private:
  std::uint8_t own_shelf() const { return self_ == 2 ? 1 : 0; }
  bool go(At at) {
    t_.at = at;
    return true;
  }
  bool acquire(std::uint8_t& lock, At next) {
    if (lock != 0) return false;
    lock = static_cast<std::uint8_t>(self_ + 1);
    return go(next);
  }
  bool release(std::uint8_t& lock, At next) {
    lock = 0;
    return go(next);
  }

  bool run() {
    std::uint8_t& shelf_lock = s_.shelf_locks[own_shelf()];
    switch (t_.at) {
      case At::idle:
        return begin();
      case At::enter_shelf:
        return acquire(shelf_lock, At::look_at_shelf);
      case At::look_at_shelf:
        return look_at_shelf();
      case At::enter_tree:
        return acquire(s_.tree_lock, At::take_from_tree);
      case At::take_from_tree:
        t_.failed = !take_from_tree();
        return go(At::leave_tree);
      case At::leave_tree:
        return release(s_.tree_lock, At::leave_shelf);
      case At::leave_shelf:
        if (t_.failed && defect_ == Defect::exhausted_without_joining) tell_exhausted();
        return release(shelf_lock,
                       t_.failed && defect_ != Defect::exhausted_without_joining ? At::join_shelf : At::idle);
      case At::join_shelf:
        return join_shelf();
      case At::empty_shelf:
        return empty_one_shelf();
      case At::join_tree:
        return acquire(s_.tree_lock, At::join);
      case At::join:
        return join();
      case At::leave_all:
        return leave_all();
      case At::give_shelf:
        return acquire(shelf_lock, At::push);
      case At::push:
        return push();
      case At::leave_early:
        return release(shelf_lock, At::give_tree);
      case At::give_tree:
        return acquire(s_.tree_lock, At::flush);
      case At::flush:
        give(t_.moving);
        t_.moving = {};
        return go(At::leave_give_tree);
      case At::leave_give_tree:
        return release(s_.tree_lock,
                       defect_ == Defect::shelf_left_before_tree ? At::idle : At::leave_give_shelf);
      case At::leave_give_shelf:
        return release(shelf_lock, At::idle);
      case At::ended:
        break;
    }
    return false;
  }

  // --- calls -----------------------------------------------------------------------------------------------
  bool begin() {
    const Call call = script_[t_.next++];
    if (call == Call::end) return go(At::ended);
    if (call == Call::give) return t_.held[0].unit == kNone ? go(At::idle) : go(At::give_shelf);
    t_.order = static_cast<std::uint8_t>(call);
    t_.moment = false;
    t_.shelf = 0;
    return go(At::enter_shelf);
  }
  void tell_exhausted() { s_.wrong = s_.wrong || !t_.moment; }

  bool look_at_shelf() {
    std::uint8_t& magazine = s_.shelves[own_shelf()][t_.order];
    t_.failed = false;
    if (magazine == kNone) return go(At::enter_tree);
    hold({magazine, t_.order});
    magazine = kNone;
    return go(At::leave_shelf);
  }
  void hold(Block block) {
    for (Block& held : t_.held) {
      if (held.unit != kNone) continue;
      held = block;
      break;
    }
    mark(block, 1);
  }
  void mark(Block block, std::uint8_t used) {
    for (std::uint8_t i = 0; i < 1 << block.order; ++i) s_.in_use[block.unit + std::size_t{i}] = used;
  }

  // A full magazine's block goes to the tree, the new one takes its place; with one place, and under the same
  // lock, in one step.
  bool push() {
    const Block block = t_.held[0];
    t_.held[0] = t_.held[1];
    t_.held[1] = {};
    mark(block, 0);
    std::uint8_t& magazine = s_.shelves[own_shelf()][block.order];
    const std::uint8_t before = magazine;
    magazine = block.unit;
    if (before == kNone) return go(At::leave_give_shelf);
    t_.moving = {before, block.order};
    return go(defect_ == Defect::shelf_left_before_tree ? At::leave_early : At::give_tree);
  }

  // --- joining ---------------------------------------------------------------------------------------------
  bool join_shelf() {
    if (t_.shelf == kShelves) return go(At::join_tree);
    if (defect_ == Defect::joined_shelf_after_shelf)
      return acquire(s_.shelf_locks[t_.shelf], At::empty_shelf);
    if (!acquire(s_.shelf_locks[t_.shelf], At::join_shelf)) return false;
    ++t_.shelf;
    return true;
  }
  bool empty_one_shelf() {  // tree and shelf in one step: kinder than the truth
    if (s_.tree_lock != 0) return false;
    empty(t_.shelf);
    return release(s_.shelf_locks[t_.shelf++], At::join_shelf);
  }
  bool join() {
    if (defect_ != Defect::joined_shelf_after_shelf) {
      for (std::uint8_t shelf = 0; shelf < kShelves; ++shelf) empty(shelf);
    }
    if (!take_from_tree()) tell_exhausted();
    return go(At::leave_all);
  }
  bool leave_all() {
    if (defect_ != Defect::joined_shelf_after_shelf) s_.shelf_locks = {};
    return release(s_.tree_lock, At::idle);
  }
  void empty(std::uint8_t shelf) {
    for (std::uint8_t order = 0; order < kOrders; ++order) {
      std::uint8_t& magazine = s_.shelves[shelf][order];
      if (magazine != kNone) give({magazine, order});
      magazine = kNone;
    }
  }

  // --- the tree --------------------------------------------------------------------------------------------
  bool take_from_tree() {
    for (std::uint8_t order = t_.order; order < kOrders; ++order) {
      for (std::uint8_t unit = 0; unit < kUnits; ++unit) {
        if (s_.tree[unit] != order + 1) continue;
        s_.tree[unit] = 0;
        while (order-- > t_.order)
          s_.tree[unit + (std::size_t{1} << order)] = static_cast<std::uint8_t>(order + 1);
        hold({unit, t_.order});
        return true;
      }
    }
    return false;
  }
  void give(Block block) {
    while (block.order + 1 < kOrders) {
      const auto buddy = static_cast<std::uint8_t>(block.unit ^ 1U << block.order);
      if (s_.tree[buddy] != block.order + 1) break;
      s_.tree[buddy] = 0;
      block = {static_cast<std::uint8_t>(block.unit & buddy), static_cast<std::uint8_t>(block.order + 1)};
    }
    s_.tree[block.unit] = static_cast<std::uint8_t>(block.order + 1);
  }

  State& s_;
  Thread& t_;
  const Script& script_;
  std::uint8_t self_;
  Defect defect_;
};

}  // namespace cenote::test::buddy
