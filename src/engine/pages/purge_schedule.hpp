/// When free memory goes back to the system: a tick each period; what has been free for a whole period is
/// purged.
///
/// Ticks come from the calls that free memory, which costs a look at a coarse clock; a process that frees
/// much and then falls idle is ticked by the scavenger, a thread that exists only while there is something to
/// give back.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote::purge_schedule {

/// How long free memory stays warm, in ms: it is purged after one to two periods. Before the first thread
/// starts, or from options.
void set_period(std::uint32_t milliseconds) noexcept;
/// The part of a purge that concerns slabs: the layer that cuts units into slabs knows which of them are
/// cold.
struct Sweeper {
  // a period has passed: purges some cold slabs; never waits, since its caller may hold locks
  void (*tick)() noexcept;
  void (*drain)() noexcept;  // purges all cold slabs: for the scavenger
};
void set_sweeper(const Sweeper& sweeper) noexcept;
/// Whether a scavenger thread may be started; off unless the malloc replacement turns it on.
void allow_scavenger(bool allowed) noexcept;

/// Bytes of free units that a tick within a call that frees purges: a few milliseconds' worth. The next ticks
/// and the scavenger purge the rest.
inline constexpr std::size_t kPurgedPerCall = std::size_t{32} << 20;

/// A period has passed, whatever the clock says. Never waits; for callers with a clock of their own. Purges
/// not much more than `bytes_max` of free units.
void tick(std::size_t bytes_max = SIZE_MAX) noexcept;
/// A call has freed units or huge blocks: ticks when a period has passed, and purges not much more than
/// kPurgedPerCall then. Takes no lock unless it ticks.
void after_free() noexcept;

/// For who is about to give back all there is: while it lives, what falls free is neither purged by age nor
/// worth a scavenger, whose start would allocate in the middle of it.
class [[nodiscard]] Pause {
 public:
  Pause() noexcept;
  ~Pause();
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
};

/// While it lives, what falls free stays warm for a tenth of the period.
class [[nodiscard]] Haste {
 public:
  Haste() noexcept;
  ~Haste();
  Haste(const Haste&) = delete;
  Haste& operator=(const Haste&) = delete;
  /// In the child of a fork there is none.
  void forget() noexcept { is_forgotten_ = true; }

 private:
  bool is_forgotten_ = false;
};

/// The child of a fork has no scavenger, and neither its parent's pauses nor its haste.
void after_fork_in_child() noexcept;

}  // namespace cenote::purge_schedule
