#include <cenote/detail/movable_entry.hpp>

#include "os/thread.hpp"

namespace cenote {

// A move constructor takes nanoseconds, as a rule: to sleep would take longer. Whoever waits longer lets the
// mover have the processor.
MovablePlace MovableEntry::wait_for_mover() const noexcept {
  constexpr int kSpins = 64;
  for (int spins = 0;; ++spins) {
    const std::uint64_t word = word_.load(std::memory_order_acquire);
    if ((word & kMoving) == 0) return place_in(word);
    if (spins < kSpins) {
      os::spin_pause();
    } else {
      os::yield_thread();
    }
  }
}

bool MovableEntry::pin_slowly(std::uint64_t before, MovablePlace& place) noexcept {
  CENOTE_CHECK((before & kTooManyPins) == 0, "an object has half a billion pins: they are never taken away");
  // A wrong call; what it added is taken away again. Where the last real pin ends between these two steps,
  // its thread sees one pin more and does not destroy the object, which then stays until the pool ends. The
  // wrong caller cannot take that over: two of them on a free entry would each take the other for the last
  // pin, and the object would be destroyed twice.
  if ((before & kClosed) != 0) {
    word_.fetch_sub(kOnePin, std::memory_order_relaxed);
    return false;
  }
  place = wait_for_mover();
  return true;
}

bool MovableEntry::pin_if_open(MovablePlace& place) noexcept {
  std::uint64_t word = word_.load(std::memory_order_relaxed);
  do {
    if ((word & kClosed) != 0) return false;
  } while (!word_.compare_exchange_weak(word, word + kOnePin, std::memory_order_acquire,
                                        std::memory_order_relaxed));
  CENOTE_CHECK((word & kTooManyPins) == 0, "an object has half a billion pins: they are never taken away");
  place = (word & kMoving) == 0 ? place_in(word) : wait_for_mover();
  return true;
}

MovableEntry::Closed MovableEntry::close_slowly(std::uint64_t before) noexcept {
  if ((before & kClosed) != 0) return Closed::before;
  if (before >= kOnePin) return Closed::by_last_pin;
  wait_for_mover();  // who closes is the only one who could pin: nobody comes any more
  return Closed::by_caller;
}

}  // namespace cenote
