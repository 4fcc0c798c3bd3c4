/// Whether the scavenger runs: agreed between it and the threads that free memory, without a lock.
///
///     a thread that frees     makes units dirty    --> sets the switch, and starts a scavenger when it was off
///     the scavenger           clears the switch    --> reads the dirty bytes once more, and goes on when there are new ones
///
/// Both set or clear it by an exchange: when a thread finds the switch on, the scavenger that clears it later
/// sees that thread's dirty units.
#pragma once

#include <atomic>
#include <cstddef>

namespace cenote {

/// Threads     any. `purgeable` is called without arguments and returns bytes.
class ScavengerSwitch {
 public:
  /// A scavenger is worth its start when this much is purgeable, and has done its work when less than the
  /// second is.
  static constexpr std::size_t kStartBytes = std::size_t{8} << 20;
  static constexpr std::size_t kRestBytes = std::size_t{1} << 20;

  /// Called after memory has been freed. True: the caller must start a scavenger.
  template <class Purgeable>
  bool turn_on(Purgeable purgeable) noexcept {
    return purgeable() > kStartBytes && !is_on_.exchange(true, std::memory_order_acq_rel);
  }

  /// Called by the scavenger when it wants to end, having seen `seen` purgeable bytes. False: more has been
  /// freed since, it must go on.
  template <class Purgeable>
  bool turn_off(Purgeable purgeable, std::size_t seen) noexcept {
    clear();
    const std::size_t now = purgeable();
    if (now <= kStartBytes || now == seen) return true;
    return is_on_.exchange(true, std::memory_order_acq_rel);  // on: another thread starts a scavenger
  }

  /// No scavenger runs: it could not be started, or this is the child of a fork.
  void clear() noexcept { is_on_.exchange(false, std::memory_order_acq_rel); }

 private:
  std::atomic<bool> is_on_{false};
};

}  // namespace cenote
