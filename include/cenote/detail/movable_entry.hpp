/// Where an object is, who keeps it there, and whether it lives: one word, which every access to the object
/// goes through.
///
///     | pins, 30 bits | moving | closed | place, 32 bits |
///
///     pin       add a pin; while `moving`, wait until it is not. Then the place stays what it is until the pin is taken away
///     move      open, without pins --> moving; construct there, destroy here; then place and bit change in one step
///     close     no new object can be pinned by its id; whoever takes the last pin away destroys it, or the closer when there is none
///
/// Invariants  only the mover changes the place, only while `moving`; a mover starts without pins, and a pin
///             that comes later waits for it. One thread is told to destroy a closed object, once. A free
///             entry is closed, without pins.
/// Threads     any. tests/pools/movable/pin_protocol_model.hpp walks all orders of steps.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/check.hpp>

namespace cenote {

/// Where a slot begins: its offset, in units of the largest power of two that all offsets are multiples of.
using MovablePlace = std::uint32_t;

class MovableEntry {
 public:
  /// Who is to destroy an object that was closed.
  enum class Closed : std::uint8_t { by_caller, by_last_pin, before };

  /// Of an object that is being made, or the next in a list of free entries: closed.
  void set_closed(MovablePlace place) noexcept { word_.store(kClosed | place, std::memory_order_relaxed); }
  /// The object stands.
  void open(MovablePlace place) noexcept { word_.store(place, std::memory_order_release); }
  /// Of who keeps it from changing.
  MovablePlace place() const noexcept { return place_in(word_.load(std::memory_order_relaxed)); }

  /// Keeps an open object where it is, and sets `place`. False when it is closed: then there is no pin.
  bool pin(MovablePlace& place) noexcept {
    const std::uint64_t before = word_.fetch_add(kOnePin, std::memory_order_acquire);
    place = place_in(before);
    if ((before & (kMoving | kClosed | kTooManyPins)) == 0) [[likely]]
      return true;
    return pin_slowly(before, place);
  }
  /// The same for whoever cannot know whether the object still lives: never changes a closed word.
  bool pin_if_open(MovablePlace& place) noexcept;
  /// One more pin, for who has one.
  void pin_again() noexcept { word_.fetch_add(kOnePin, std::memory_order_relaxed); }
  /// True when the caller must destroy the object.
  [[nodiscard]] bool unpin() noexcept {
    const std::uint64_t before = word_.fetch_sub(kOnePin, std::memory_order_acq_rel);
    return (before & ~kPlaces) == (kClosed | kOnePin);
  }

  /// The object's life ends; `before`: it had ended. Waits while it is being moved.
  [[nodiscard]] Closed close() noexcept {
    const std::uint64_t before = word_.fetch_or(kClosed, std::memory_order_acq_rel);
    if ((before & ~kPlaces) == 0) [[likely]]
      return Closed::by_caller;
    return close_slowly(before);
  }

  /// Whether the object lies there, open and without pins; whether pins alone keep it.
  bool can_move(MovablePlace from) const noexcept { return word_.load(std::memory_order_relaxed) == from; }
  bool is_pinned() const noexcept { return word_.load(std::memory_order_relaxed) >= kOnePin; }
  /// Starts a move from there; false when it cannot be moved now.
  bool begin_move(MovablePlace from) noexcept {
    std::uint64_t expected = from;
    return word_.compare_exchange_strong(expected, from | kMoving, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  void end_move(MovablePlace from, MovablePlace to) noexcept {
    word_.fetch_xor(kMoving | (from ^ to), std::memory_order_acq_rel);
  }

 private:
  static constexpr int kPlaceBits = 32;
  static constexpr std::uint64_t kPlaces = (std::uint64_t{1} << kPlaceBits) - 1;
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << kPlaceBits;
  static constexpr std::uint64_t kMoving = kClosed << 1;
  static constexpr std::uint64_t kOnePin = kMoving << 1;
  static constexpr std::uint64_t kTooManyPins = std::uint64_t{1} << 63;

  static MovablePlace place_in(std::uint64_t word) noexcept { return static_cast<MovablePlace>(word); }
  CENOTE_SLOW_PATH bool pin_slowly(std::uint64_t before, MovablePlace& place) noexcept;
  CENOTE_SLOW_PATH Closed close_slowly(std::uint64_t before) noexcept;
  MovablePlace wait_for_mover() const noexcept;

  std::atomic<std::uint64_t> word_{kClosed};
};
static_assert(sizeof(MovableEntry) == 8);

}  // namespace cenote
