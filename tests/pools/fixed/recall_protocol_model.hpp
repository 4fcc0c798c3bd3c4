/// A model of how ThreadCachedCore takes slots back from a thread that uses its cache without atomic
/// operations: Use, start_recall, take_all, end_recall, allocate_slow and deallocate_slow.
///
/// One slot, in the owner's cache at first. The owner allocates and frees at random through its cache, or
/// through the depot when it is refused; the recaller takes the depot's lock, recalls, and gives the slot to
/// a caller of its own or leaves it. Each access to a word is a step. What the owner stores waits in its
/// store buffer, in order, until memory takes it at any later step, as on x86: taking a lock and the
/// recaller's process_fence empty it. The recaller's own stores need no buffer: a lock and the fence stand
/// around them. Bounds: one slot, one owner, one recaller, few operations each; loads are not reordered with
/// loads, nor stores with stores.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cenote::test {

enum class RecallDefect : std::uint8_t {
  none,
  no_fence,           ///< the recaller does not empty the owner's store buffer
  fence_before_flag,  ///< it does, but before it says that it recalls
  no_waiting,         ///< it does not wait for a busy owner
  idle_too_early,     ///< the owner says it is not busy before its cache is written
  flag_not_asked      ///< the owner does not ask whether slots are recalled
};

enum class RecallWord : std::uint8_t { busy, count };

enum class OwnerAt : std::uint8_t {
  idle,
  ask,    // busy is stored; is there a recall?
  look,   // how many slots are in the cache?
  write,  // take or put
  leave,  // not busy any more
  leave_early,
  want_lock,  // the slow path, when refused or the cache is empty
  in_depot
};

enum class RecallerAt : std::uint8_t { idle, raise, fence, wait, look, take, lower, use, unlock };

struct StoreEntry {
  RecallWord word;
  std::uint8_t value;
};

/// Bytes only, without padding: states are compared as bytes.
struct RecallState {
  // memory
  std::uint8_t busy = 0;
  std::uint8_t count = 1;
  std::uint8_t recalling = 0;
  std::uint8_t depot = 0;  // under lock
  std::uint8_t lock = 0;   // 1 the owner's, 2 the recaller's
  // the owner
  OwnerAt owner = OwnerAt::idle;
  std::uint8_t operations = 3;  // it still has to begin
  std::uint8_t owner_has = 0;   // slots with its caller
  std::uint8_t seen = 0;
  bool granted = false;
  std::uint8_t buffered = 0;
  std::array<StoreEntry, 4> buffer{};
  // the recaller
  RecallerAt recaller = RecallerAt::idle;
  std::uint8_t recalls = 2;
  std::uint8_t recaller_has = 0;
  std::uint8_t found = 0;
};
static_assert(sizeof(RecallState) == 23);

/// The steps from one state. `emit(RecallState)` for each that one step may lead to.
class RecallStepper {
 public:
  RecallStepper(const RecallState& from, RecallDefect defect) : from_{from}, s_{from}, defect_{defect} {}

  template <class Emit>
  void each(Emit emit) {
    for (bool (RecallStepper::*const step)() :
         {&RecallStepper::drain_one, &RecallStepper::owner, &RecallStepper::recaller,
          &RecallStepper::recaller_gives_back}) {
      s_ = from_;
      if ((this->*step)()) emit(s_);
    }
  }

 private:
  // --- the owner's stores ----------------------------------------------------------------------------------
  void buffer(RecallWord word, std::uint8_t value) {
    if (s_.buffered == s_.buffer.size()) drain_one();
    s_.buffer[s_.buffered++] = {word, value};
  }
  bool drain_one() {
    if (s_.buffered == 0) return false;
    const StoreEntry entry = s_.buffer[0];
    (entry.word == RecallWord::busy ? s_.busy : s_.count) = entry.value;
    for (std::size_t i = 1; i < s_.buffer.size(); ++i) s_.buffer[i - 1] = s_.buffer[i];
    s_.buffer.back() = {};
    --s_.buffered;
    return true;
  }
  void drain() {
    while (drain_one()) {
    }
  }
  /// What the owner reads: its own latest store, else memory.
  std::uint8_t owner_count() const {
    for (std::size_t i = s_.buffered; i-- > 0;) {
      if (s_.buffer[i].word == RecallWord::count) return s_.buffer[i].value;
    }
    return s_.count;
  }

  // --- the owner -------------------------------------------------------------------------------------------
  bool go(OwnerAt at) {
    s_.owner = at;
    return true;
  }
  bool owner() {
    const bool takes = s_.owner_has == 0;
    switch (s_.owner) {
      case OwnerAt::idle:
        if (s_.operations == 0) return false;
        --s_.operations;
        buffer(RecallWord::busy, 1);
        return go(OwnerAt::ask);
      case OwnerAt::ask:
        s_.granted = s_.recalling == 0 || defect_ == RecallDefect::flag_not_asked;
        return go(OwnerAt::look);
      case OwnerAt::look:
        s_.seen = owner_count();
        if (!s_.granted || (takes && s_.seen == 0)) {
          buffer(RecallWord::busy, 0);
          return go(OwnerAt::want_lock);
        }
        return go(defect_ == RecallDefect::idle_too_early ? OwnerAt::leave_early : OwnerAt::write);
      case OwnerAt::leave_early:
        buffer(RecallWord::busy, 0);
        return go(OwnerAt::write);
      case OwnerAt::write:
        buffer(RecallWord::count,
               takes ? static_cast<std::uint8_t>(s_.seen - 1) : static_cast<std::uint8_t>(s_.seen + 1));
        s_.owner_has = takes ? 1 : 0;
        return go(OwnerAt::leave);
      case OwnerAt::leave:
        if (defect_ != RecallDefect::idle_too_early) buffer(RecallWord::busy, 0);
        return go(OwnerAt::idle);
      case OwnerAt::want_lock:  // an atomic operation
        if (s_.lock != 0) return false;
        drain();
        s_.lock = 1;
        return go(OwnerAt::in_depot);
      case OwnerAt::in_depot:
        use_depot(takes);
        s_.lock = 0;
        return go(OwnerAt::idle);
    }
    return false;
  }
  void use_depot(bool takes) {
    if (!takes) {  // deallocate_slow: into its own cache, which nobody recalls now
      ++s_.count;
      s_.owner_has = 0;
    } else if (s_.depot != 0) {
      --s_.depot;
      s_.owner_has = 1;
    } else if (s_.count != 0) {  // recalled from its own cache
      --s_.count;
      s_.owner_has = 1;
    }
  }

  // --- the recaller ----------------------------------------------------------------------------------------
  bool go(RecallerAt at) {
    s_.recaller = at;
    return true;
  }
  bool recaller() {
    switch (s_.recaller) {
      case RecallerAt::idle:
        if (s_.recalls == 0 || s_.lock != 0 || s_.recaller_has != 0) return false;
        --s_.recalls;
        s_.lock = 2;
        if (defect_ == RecallDefect::fence_before_flag) drain();
        return go(s_.depot != 0 ? RecallerAt::use : RecallerAt::raise);
      case RecallerAt::raise:
        s_.recalling = 1;
        return go(RecallerAt::fence);
      case RecallerAt::fence:
        if (defect_ != RecallDefect::no_fence && defect_ != RecallDefect::fence_before_flag) drain();
        return go(defect_ == RecallDefect::no_waiting ? RecallerAt::look : RecallerAt::wait);
      case RecallerAt::wait:
        if (s_.busy != 0) return false;
        return go(RecallerAt::look);
      case RecallerAt::look:
        s_.found = s_.count;
        return go(RecallerAt::take);
      case RecallerAt::take:
        s_.depot = static_cast<std::uint8_t>(s_.depot + s_.found);
        s_.count = 0;
        return go(RecallerAt::lower);
      case RecallerAt::lower:
        s_.recalling = 0;
        return go(RecallerAt::use);
      case RecallerAt::use:
        if (s_.depot != 0) {
          --s_.depot;
          ++s_.recaller_has;
        }
        return go(RecallerAt::unlock);
      case RecallerAt::unlock:
        s_.lock = 0;
        return go(RecallerAt::idle);
    }
    return false;
  }
  /// Its caller frees the slot, straight into the depot.
  bool recaller_gives_back() {
    if (s_.recaller != RecallerAt::idle || s_.recaller_has == 0 || s_.lock != 0) return false;
    --s_.recaller_has;
    ++s_.depot;
    return true;
  }

  const RecallState from_;
  RecallState s_;
  RecallDefect defect_;
};

/// Null, or what is wrong: no slot has two holders; none is lost when all is at rest.
inline const char* what_is_wrong(const RecallState& s) {
  if (s.owner_has + s.recaller_has > 1) return "the slot was handed out twice";
  const bool at_rest = s.owner == OwnerAt::idle && s.recaller == RecallerAt::idle && s.buffered == 0;
  if (!at_rest) return nullptr;
  const int slots = s.count + s.depot + s.owner_has + s.recaller_has;
  if (slots == 0) return "the slot is lost";
  return slots == 1 ? nullptr : "the slot is there twice";
}

}  // namespace cenote::test
