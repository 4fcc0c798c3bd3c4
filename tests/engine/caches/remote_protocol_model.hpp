/// A model of how remote frees find the owner of their slab while that owner changes: Slab::push_remote and
/// collect_remote_ordered, ThreadCache::deliver, enlist, collect_ready, adopt, give_up, leave_to_depot and
/// detach, CentralPool::abandon, settle_orphan, adopt_orphan and purge_orphans.
///
/// One slab, all of whose blocks are in use and are freed once each. Every access to a word that is not
/// guarded by a lock the thread holds is a step of its own; the explorer walks all orders of the steps.
/// Bounds: one slab in one life (no reuse of its units), one depot, three caches and one thread without, up
/// to five blocks, sequentially consistent memory.
#pragma once

#include <array>
#include <cstdint>

namespace cenote::test {

/// Faults that the protocol has had or might get: the model must find each.
enum class Defect : std::uint8_t {
  none,
  owner_cleared_after_unlock,     ///< drop() lets go of the depot before the slab stops being an orphan
  orphans_left_uncollected,       ///< settle_orphan leaves the remote word as it is when nobody adopts
  collected_before_owner_change,  ///< abandon() collects first, then names the abandoned_owner
  put_back_uncollected            ///< purge_orphans puts a slab back as it was when it took it
};

enum Owner : std::uint8_t { kNone, kOrphans, kA, kB, kC };  // kA..kC: the caches of threads 0..2
inline constexpr int kThreads = 4;                          // thread 3 has no cache

enum class At : std::uint8_t {
  idle,
  read_owner,
  enter_ready,
  in_ready,  // deliver, enlist
  enter_settle,
  settle_look,
  settle_decide,
  settle_adopt,
  settle_end,  // settle_orphan
  enter_pop,
  in_pop,
  collect,  // collect_ready
  enter_forget,
  in_forget,
  enter_release,
  in_release,  // give_up
  enter_close,
  in_close,
  enter_abandon,
  abandon_first,
  abandon_second,
  abandon_end,  // detach
  enter_take,
  in_take,
  take_collect,
  take_end,  // acquire of an orphan
  enter_let_go,
  in_let_go,  // leave_to_depot; abandon follows
  enter_purge,
  in_purge,
  purge_collect,
  enter_put_back,
  put_back_owner,
  put_back_collect,
  put_back_end,  // purge_orphans
  drop,
  drop_late,  // under the depot's lock
  ended
};

struct Thread {
  At at = At::idle;
  std::uint8_t blocks = 0;    // it still has to free
  std::uint8_t seen = kNone;  // the owner that it has read
  bool adopts = false;        // it would take the slab over now
  bool takes = false;         // it still has to ask the depot for an orphan
  bool parks = false;         // it still may leave the slab, in use, to the depot
  bool purges = false;        // it still has to purge orphans
  bool leaves = false;        // it detaches at its end; else its cache stays
};

/// Bytes only, without padding: states are compared as bytes.
struct State {
  std::uint8_t owner = kA;
  std::uint8_t used = 0;  // counts remote blocks until they are collected
  std::uint8_t remote = 0;
  std::uint8_t listed = kNone;  // on whose ready list
  std::uint8_t depot_lock = 0;  // 1 + the thread that holds it
  std::array<std::uint8_t, 3> ready_lock{};
  std::array<bool, 3> closed{};
  bool on_orphans = false;
  bool alive = true;   // on the depot's list of all slabs
  bool wrong = false;  // a step that the engine could not survive
  std::array<Thread, kThreads> threads{};
};
static_assert(sizeof(State) == 14 + kThreads * sizeof(Thread) && sizeof(Thread) == 8);

/// The steps of one thread from one state.
class Stepper {
 public:
  Stepper(const State& from, int thread, Defect defect) : s_{from}, self_{thread}, defect_{defect} {}

  /// Calls `emit(State)` for each state that one step of the thread may lead to.
  template <class Emit>
  void each(Emit emit) {
    if (t().at != At::idle) {
      if (run()) emit(s_);
      return;
    }
    const State before = s_;
    for (void (Stepper::*const choice)() :
         {&Stepper::free_block, &Stepper::free_block_and_adopt, &Stepper::look_at_ready, &Stepper::refill,
          &Stepper::take, &Stepper::park, &Stepper::purge, &Stepper::end}) {
      s_ = before;
      chose_ = true;
      (this->*choice)();
      if (chose_) emit(s_);
    }
  }

 private:
  Thread& t() { return s_.threads[static_cast<std::size_t>(self_)]; }
  bool has_cache() const { return self_ < 3; }
  std::uint8_t cache() const { return static_cast<std::uint8_t>(kA + self_); }
  bool owns() const { return has_cache() && s_.owner == cache(); }
  void go(At at) { t().at = at; }
  void require(bool holds) { s_.wrong = s_.wrong || !holds; }
  std::uint8_t& ready_lock(std::uint8_t owner) { return s_.ready_lock[owner - std::size_t{kA}]; }

  bool acquire(std::uint8_t& lock, At next) {
    if (lock != 0) return false;
    lock = static_cast<std::uint8_t>(self_ + 1);
    go(next);
    return true;
  }
  void release(std::uint8_t& lock, At next) {
    lock = 0;
    go(next);
  }
  void take_remote() {
    require(s_.remote <= s_.used);
    s_.used = static_cast<std::uint8_t>(s_.used - s_.remote);
    s_.remote = 0;
  }

  // --- what an idle thread may begin -----------------------------------------------------------------------
  void free_block() { push(false); }
  void free_block_and_adopt() {
    if (!has_cache() || owns()) chose_ = false;
    if (chose_) push(true);
  }
  void push(bool adopts) {
    if (t().blocks == 0) return void(chose_ = false);
    --t().blocks;
    if (owns()) return free_locally();
    require(s_.alive);
    t().adopts = adopts;
    if (s_.remote++ == 0) go(At::read_owner);
  }
  void free_locally() {
    require(s_.used > s_.remote);
    if (--s_.used == 0) go(At::enter_forget);
  }
  void look_at_ready() {
    if (!has_cache()) return void(chose_ = false);
    go(At::enter_pop);
  }
  void refill() {  // the slab is the cache's current one: it stays although it may be empty
    chose_ = owns();
    if (chose_) take_remote();
  }
  void take() {
    chose_ = t().takes;
    t().takes = false;
    go(At::enter_take);
  }
  void park() {
    chose_ = t().parks && owns() && s_.used > s_.remote;
    t().parks = false;
    go(At::enter_let_go);
  }
  void purge() {
    chose_ = t().purges;
    t().purges = false;
    go(At::enter_purge);
  }
  void end() {
    chose_ = t().blocks == 0 && !t().takes && !t().purges;
    go(t().leaves ? At::enter_close : At::ended);
  }

  // --- what goes on ----------------------------------------------------------------------------------------
  bool run() {
    switch (t().at) {
      case At::read_owner:
        t().seen = s_.owner;
        go(t().seen == kNone ? At::idle : t().seen == kOrphans ? At::enter_settle : At::enter_ready);
        return true;
      case At::enter_ready:
        return acquire(ready_lock(t().seen), At::in_ready);
      case At::in_ready:
        return enlist();
      case At::enter_settle:
        return acquire(s_.depot_lock, At::settle_look);
      case At::settle_look:
        return settle_look();
      case At::settle_decide:
        return settle_decide();
      case At::settle_adopt:
        take_remote();
        go(At::settle_end);
        return true;
      case At::settle_end:  // ThreadCache::adopt: the depot's lock is free by then
        release(s_.depot_lock, s_.used == 0 ? At::enter_forget : At::idle);
        return true;
      case At::enter_pop:
        return acquire(ready_lock(cache()), At::in_pop);
      case At::in_pop:
        return pop();
      case At::collect:
        return collect();
      case At::enter_forget:
        return acquire(ready_lock(cache()), At::in_forget);
      case At::in_forget:
        s_.owner = kNone;
        if (s_.listed == cache()) s_.listed = kNone;
        release(ready_lock(cache()), At::enter_release);
        return true;
      case At::enter_release:
        return acquire(s_.depot_lock, At::in_release);
      case At::in_release:
        require(s_.alive && s_.used == 0);
        s_.alive = false;
        release(s_.depot_lock, At::idle);
        return true;
      case At::enter_close:
        return acquire(ready_lock(cache()), At::in_close);
      case At::in_close:
        s_.closed[static_cast<std::size_t>(self_)] = true;
        if (s_.listed == cache()) s_.listed = kNone;
        release(ready_lock(cache()), owns() ? At::enter_abandon : At::ended);
        return true;
      case At::enter_abandon:
        return acquire(s_.depot_lock, At::abandon_first);
      case At::abandon_first:
        abandon_step(defect_ != Defect::collected_before_owner_change);
        go(At::abandon_second);
        return true;
      case At::abandon_second:
        abandon_step(defect_ == Defect::collected_before_owner_change);
        go(At::abandon_end);
        return true;
      case At::abandon_end:
        if (s_.used == 0) return go(At::drop), true;
        s_.on_orphans = true;
        release(s_.depot_lock, after_drop());
        return true;
      case At::enter_let_go:
        return acquire(ready_lock(cache()), At::in_let_go);
      case At::in_let_go:
        s_.owner = kNone;
        if (s_.listed == cache()) s_.listed = kNone;
        release(ready_lock(cache()), At::enter_abandon);
        return true;
      case At::enter_purge:
        return acquire(s_.depot_lock, At::in_purge);
      case At::in_purge:
        if (!s_.on_orphans) return release(s_.depot_lock, At::idle), true;
        s_.on_orphans = false;
        s_.owner = kNone;
        release(s_.depot_lock, At::purge_collect);
        return true;
      case At::purge_collect:
        take_remote();
        go(At::enter_put_back);
        return true;
      case At::enter_put_back:
        return acquire(s_.depot_lock, At::put_back_owner);
      case At::put_back_owner:
        s_.owner = kOrphans;
        go(At::put_back_collect);
        return true;
      case At::put_back_collect:
        if (defect_ != Defect::put_back_uncollected) take_remote();
        go(At::put_back_end);
        return true;
      case At::put_back_end:
        if (s_.used == 0) return go(At::drop), true;
        s_.on_orphans = true;
        release(s_.depot_lock, At::idle);
        return true;
      case At::enter_take:
        return acquire(s_.depot_lock, At::in_take);
      case At::in_take:
        if (!s_.on_orphans) return release(s_.depot_lock, At::idle), true;
        s_.on_orphans = false;
        s_.owner = cache();
        go(At::take_collect);
        return true;
      case At::take_collect:
        take_remote();
        go(At::take_end);
        return true;
      case At::take_end:
        release(s_.depot_lock, At::idle);
        return true;
      case At::drop:
        return drop();
      case At::drop_late:
        s_.owner = kNone;
        go(after_drop());
        return true;
      case At::idle:
      case At::ended:
        break;
    }
    return false;
  }

  bool enlist() {
    if (s_.owner != t().seen) return release(ready_lock(t().seen), At::read_owner), true;
    const std::size_t index = t().seen - std::size_t{kA};
    if (!s_.closed[index] && s_.listed != t().seen) {
      require(s_.listed == kNone);
      s_.listed = t().seen;
    }
    release(ready_lock(t().seen), At::idle);
    return true;
  }

  bool settle_look() {
    if (s_.owner != kOrphans) return release(s_.depot_lock, At::idle), true;
    const bool leaves_it = defect_ == Defect::orphans_left_uncollected && s_.remote != s_.used && !t().adopts;
    if (leaves_it) return release(s_.depot_lock, At::idle), true;
    take_remote();
    go(At::settle_decide);
    return true;
  }

  bool settle_decide() {
    if (s_.used != 0 && !t().adopts) return release(s_.depot_lock, At::idle), true;
    require(s_.on_orphans);
    s_.on_orphans = false;
    if (s_.used == 0) return go(At::drop), true;
    s_.owner = cache();
    go(At::settle_adopt);
    return true;
  }

  bool pop() {
    const bool found = s_.listed == cache();
    if (found) s_.listed = kNone;
    release(ready_lock(cache()), found && owns() ? At::collect : At::idle);
    return true;
  }

  bool collect() {
    take_remote();
    go(s_.used == 0 ? At::enter_forget : At::idle);
    return true;
  }

  void abandon_step(bool names_orphanage) {
    if (names_orphanage) {
      s_.owner = kOrphans;
    } else {
      take_remote();
    }
  }

  bool drop() {
    require(s_.alive && s_.used == 0);
    s_.alive = false;
    if (defect_ == Defect::owner_cleared_after_unlock) return release(s_.depot_lock, At::drop_late), true;
    s_.owner = kNone;
    release(s_.depot_lock, after_drop());
    return true;
  }
  /// A thread that detached is at its end, one that settled goes on.
  At after_drop() {
    const bool detached = has_cache() && s_.closed[static_cast<std::size_t>(self_)];
    return detached ? At::ended : At::idle;
  }

  State s_;
  int self_;
  Defect defect_;
  bool chose_ = true;
};

}  // namespace cenote::test
