#include "pressure/judge.hpp"

#include <algorithm>

namespace cenote {
namespace {

// In bytes, which compare alike on processors that compute with more digits than they keep.
std::size_t part_of(std::size_t bytes, double share) noexcept {
  return static_cast<std::size_t>(share * static_cast<double>(bytes));
}

}  // namespace

BadPressureOption check_options(const PressureOptions& options) noexcept {
  if (options.name.size() > 15) return {"name", "is longer than 15 bytes"};
  if (options.window_ms < 500 || options.window_ms > 10'000) return {"window_ms", "is not from 500 to 10000"};
  if (options.stall_ms == 0 || options.stall_ms > options.window_ms)
    return {"stall_ms", "is not from 1 to window_ms"};
  if (!(options.moderate >= 0.5 && options.moderate < 1)) return {"moderate", "is not from 0.5 to below 1"};
  if (!(options.critical > options.moderate && options.critical <= 1))
    return {"critical", "is not above moderate, up to 1"};
  if (options.poll_ms == 0) return {"poll_ms", "is 0"};
  if (options.system_root.size() > 255) return {"system_root", "is longer than 255 bytes"};
  return {};
}

PressureLevel PressureJudge::level_of(const os::GroupMemory& group) const noexcept {
  if (group.limit == 0) return PressureLevel::none;
  if (group.held >= part_of(group.limit, critical_)) return PressureLevel::critical;
  return group.held >= part_of(group.limit, moderate_) ? PressureLevel::moderate : PressureLevel::none;
}

std::size_t PressureJudge::bytes_wanted(const os::GroupMemory& group) const noexcept {
  if (group.limit == 0) return 0;
  const std::size_t goal = part_of(group.limit, 0.9 * moderate_);
  return group.held > goal ? group.held - goal : 0;
}

void PressureJudge::tell(PressureLevel level, std::uint64_t now) noexcept {
  if (level < told_) return;
  told_ = level;
  told_until_ = now + window_ms_;
}

PressureLevel PressureJudge::judge(const os::PressureSignals& signals, const os::GroupMemory& group,
                                   std::uint64_t now) noexcept {
  if (now >= told_until_) told_ = PressureLevel::none;
  if (signals.some_stalled) tell(PressureLevel::moderate, now);
  if (signals.all_stalled) tell(PressureLevel::critical, now);
  if (has_last_ && group.kills > last_.kills) tell(PressureLevel::critical, now);
  PressureLevel level = level_of(group);
  const bool was_pushed = has_last_ && group.pushes > last_.pushes;
  if (was_pushed && level == PressureLevel::moderate) level = PressureLevel::critical;
  last_ = group;
  has_last_ = true;
  return std::max(level, told_);
}

bool PressurePace::is_due(PressureLevel level, bool signalled, std::uint64_t now) noexcept {
  const bool rises = level > last_;
  if (level == PressureLevel::none || rises) halvings_ = 0;
  last_ = level;
  return level != PressureLevel::none && (rises || signalled || now >= next_);
}

void PressurePace::note_reaction(PressureLevel level, std::uint64_t now, bool gave) noexcept {
  halvings_ = gave ? 0 : std::min(halvings_ + 1, kHalvingsMax);
  const std::uint64_t pause = level == PressureLevel::critical ? poll_ms_ : window_ms_;
  next_ = now + (pause << halvings_);
}

}  // namespace cenote
