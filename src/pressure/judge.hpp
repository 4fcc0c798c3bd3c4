/// How bad it is: what the system says, against the options.
///
/// What a group holds counts for as long as it holds it; a stall, or a kill in the group, for a window. A
/// group that meets its limit with file pages only has no pressure: the system takes those.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/pressure_monitor.hpp>

#include "os/memory_pressure.hpp"

namespace cenote {

/// What is wrong with the options; null name: nothing.
struct BadPressureOption {
  const char* name;
  const char* problem;
};
BadPressureOption check_options(const PressureOptions& options) noexcept;

class PressureJudge {
 public:
  explicit PressureJudge(const PressureOptions& options) noexcept
      : window_ms_{options.window_ms}, moderate_{options.moderate}, critical_{options.critical} {}

  /// The level at `now`, in ms of a clock that never goes back.
  PressureLevel judge(const os::PressureSignals& signals, const os::GroupMemory& group,
                      std::uint64_t now) noexcept;

  /// The level that what the group holds would have alone.
  PressureLevel level_of(const os::GroupMemory& group) const noexcept;
  /// Bytes by which it holds more than nine tenths of the lower watermark.
  std::size_t bytes_wanted(const os::GroupMemory& group) const noexcept;
  /// Whether a stall or a kill says more than what the group holds.
  bool is_told_of_more() const noexcept { return told_ != PressureLevel::none; }

 private:
  void tell(PressureLevel level, std::uint64_t now) noexcept;

  std::uint32_t window_ms_;
  double moderate_, critical_;
  PressureLevel told_ = PressureLevel::none;
  std::uint64_t told_until_ = 0;
  os::GroupMemory last_{};
  bool has_last_ = false;
};

/// When to react again to pressure that lasts: as soon as the level rises or the system signals again; else
/// at a pace, a window's or, when it is critical, a look's, that halves each time nothing came of it.
class PressurePace {
 public:
  explicit PressurePace(const PressureOptions& options) noexcept
      : window_ms_{options.window_ms}, poll_ms_{options.poll_ms} {}

  bool is_due(PressureLevel level, bool signalled, std::uint64_t now) noexcept;
  void note_reaction(PressureLevel level, std::uint64_t now, bool gave) noexcept;

 private:
  static constexpr unsigned kHalvingsMax = 6;

  std::uint32_t window_ms_, poll_ms_;
  PressureLevel last_ = PressureLevel::none;
  std::uint64_t next_ = 0;
  unsigned halvings_ = 0;
};

}  // namespace cenote
