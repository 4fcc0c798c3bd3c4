/// A model of how pins, the mover and the end of an object meet in the word of its entry: MovableEntry, as
/// its callers use it.
///
/// One object, two slots; a compaction that moves it from the first to the second; readers that pin it and
/// look at it twice, by the handle, by the id, or both; an owner that ends it. Each access to the word, to a
/// slot and to the object is a step of its own; the explorer walks all orders of the steps. Bounds: one move
/// in two halves (construct, destroy), three readers, sequentially consistent memory.
#pragma once

#include <array>
#include <cstdint>

namespace cenote::test::movable {

/// Shortcuts that the protocol must not take: the model must find each.
enum class Defect : std::uint8_t {
  none,
  move_without_asking,   ///< the mover sets its bit whether there are pins or not
  pin_does_not_wait,     ///< who pins takes the place it reads, moving or not
  place_then_bit,        ///< the mover says that it is done, then where the object is
  stored_not_changed,    ///< the mover stores the new word: pins that came meanwhile are lost
  closer_does_not_wait,  ///< who ends the object destroys it where it was
  last_pin_forgets,      ///< who takes the last pin away does not look whether the object was closed
  checked_then_added     ///< a pin by id reads that the object is open, then adds its pin, in two steps
};

enum class At : std::uint8_t {
  start,
  // a reader
  wait_mover,
  adding,  // defective only
  look_once,
  look_twice,
  unpin,
  destroy,
  release,
  // the mover
  construct,
  leave,
  publish,
  publish_late,  // defective only
  settle,
  // the owner
  wait_to_close,
  ended
};

enum class Role : std::uint8_t { none, mover, by_handle, by_id, owner };

struct Thread {
  Role role = Role::none;
  At at = At::start;
  std::uint8_t place = 0;  // where it knows the object to be
};

inline constexpr std::size_t kThreads = 4;

/// Bytes only, without padding: states are compared as bytes.
struct State {
  // the word
  std::uint8_t place = 0;
  std::uint8_t moving = 0;
  std::uint8_t closed = 0;
  std::uint8_t pins = 0;
  std::array<std::uint8_t, 2> alive{1, 0};  // the object, in each slot
  std::array<std::uint8_t, 2> taken{1, 1};  // the slots: the second is the mover's until the object is there
  std::uint8_t destroyed = 0;               // times
  std::uint8_t wrong = 0;
  std::array<Thread, kThreads> threads{};
};
static_assert(sizeof(Thread) == 3 && sizeof(State) == 10 + kThreads * sizeof(Thread));

/// The next step of one thread; threads have no choices beside their order.
class Stepper {
 public:
  Stepper(State& state, std::size_t thread, Defect defect)
      : s_{state}, t_{state.threads[thread]}, defect_{defect} {}

  /// False when the thread waits, or is at its end.
  bool step() {
    switch (t_.role) {
      case Role::mover:
        return move();
      case Role::by_handle:
      case Role::by_id:
        return read();
      case Role::owner:
        return end();
      case Role::none:
        break;
    }
    return false;
  }

 private:
  bool go(At at) {
    t_.at = at;
    return true;
  }
  void require(bool holds) { s_.wrong = s_.wrong != 0 || !holds ? 1 : 0; }

  // --- MovableCore::move_all and settle --------------------------------------------------------------------
  bool move() {
    switch (t_.at) {
      case At::start:  // begin_move
        if (s_.place != 0 || s_.moving != 0 || s_.closed != 0 ||
            (s_.pins != 0 && defect_ != Defect::move_without_asking)) {
          t_.place = 1;  // to be given back
          return go(At::settle);
        }
        s_.moving = 1;
        return go(At::construct);
      case At::construct:
        require(s_.alive[0] != 0);
        s_.alive[1] = 1;
        return go(At::leave);
      case At::leave:
        s_.alive[0] = 0;
        t_.place = 0;
        return go(At::publish);
      case At::publish:  // end_move
        s_.moving = 0;
        if (defect_ == Defect::stored_not_changed) s_.pins = s_.closed = 0;
        if (defect_ == Defect::place_then_bit) return go(At::publish_late);
        s_.place = 1;
        return go(At::settle);
      case At::publish_late:
        s_.place = 1;
        return go(At::settle);
      case At::settle:
        s_.taken[t_.place] = 0;
        return go(At::ended);
      default:
        return false;
    }
  }

  // --- MovableHandle::pin, MovablePool::pin, Pin -----------------------------------------------------------
  bool read() {
    switch (t_.at) {
      case At::start:
        if (t_.role == Role::by_id && s_.closed != 0) return go(At::ended);
        if (t_.role == Role::by_id && defect_ == Defect::checked_then_added) return go(At::adding);
        return add_pin();
      case At::adding:
        return add_pin();
      case At::wait_mover:
        if (s_.moving != 0) return false;
        t_.place = s_.place;
        return go(At::look_once);
      case At::look_once:
        require(s_.alive[t_.place] != 0);
        return go(At::look_twice);
      case At::look_twice:
        require(s_.alive[t_.place] != 0);
        return go(At::unpin);
      case At::unpin:
        require(s_.pins != 0);
        --s_.pins;
        return go(s_.pins == 0 && s_.closed != 0 && defect_ != Defect::last_pin_forgets ? At::destroy
                                                                                        : At::ended);
      case At::destroy:
        destroy();
        return go(At::release);
      case At::release:
        s_.taken[s_.place] = 0;
        return go(At::ended);
      default:
        return false;
    }
  }
  bool add_pin() {
    ++s_.pins;
    t_.place = s_.place;
    return go(s_.moving != 0 && defect_ != Defect::pin_does_not_wait ? At::wait_mover : At::look_once);
  }

  // --- MovableHandle::reset --------------------------------------------------------------------------------
  bool end() {
    switch (t_.at) {
      case At::start:
        for (const Thread& thread : s_.threads) {  // a handle may end only when nobody is pinning by it
          if (thread.role == Role::by_handle && thread.at == At::start) return false;
        }
        s_.closed = 1;
        if (s_.pins != 0) return go(At::ended);
        t_.place = s_.place;
        return go(s_.moving != 0 && defect_ != Defect::closer_does_not_wait ? At::wait_to_close
                                                                            : At::destroy);
      case At::wait_to_close:
        if (s_.moving != 0) return false;
        t_.place = s_.place;
        return go(At::destroy);
      case At::destroy:
        destroy();
        return go(At::release);
      case At::release:
        s_.taken[s_.place] = 0;
        return go(At::ended);
      default:
        return false;
    }
  }
  void destroy() {
    require(s_.alive[t_.place] != 0 && s_.moving == 0);
    s_.alive[t_.place] = 0;
    ++s_.destroyed;
  }

  State& s_;
  Thread& t_;
  Defect defect_;
};

}  // namespace cenote::test::movable
