/// A pressure monitor at work: listens, judges, and lets heaps and the program give memory back.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <cenote/memory_source.hpp>
#include <cenote/pressure_monitor.hpp>
#include <cenote/result.hpp>

#include "engine/pages/purge_schedule.hpp"
#include "os/memory_pressure.hpp"
#include "os/thread.hpp"
#include "pressure/callback_list.hpp"
#include "pressure/judge.hpp"

namespace cenote {

class MonitorCore {
 public:
  /// Null when the system refuses memory or a thread; unsupported when there is nothing to listen to.
  static Result<MonitorCore*> open(const PressureOptions& options) noexcept;
  /// Ends the thread, and gives the memory back.
  static void close(MonitorCore* core) noexcept;

  CallbackList& callbacks() noexcept { return callbacks_; }

  /// One look, and what follows from it.
  PressureLevel look() noexcept;
  PressureStats stats() const noexcept;

 private:
  explicit MonitorCore(const PressureOptions& options) noexcept;

  void run() noexcept;
  os::PressureSignals take_signals() noexcept;
  PressureLevel respond(const os::PressureSignals& signals) noexcept;
  void react(Pressure pressure) noexcept;
  bool is_over(Pressure& pressure) noexcept;
  void publish(const os::GroupMemory& group) noexcept;

  const bool has_thread_;
  const std::uint32_t poll_ms_;
  os::PressureWatch watch_;
  const bool hears_stalls_, sees_group_;
  CallbackList callbacks_;
  os::BackgroundThread thread_;
  std::atomic<bool> is_ending_{false};

  // What the thread has heard, and nobody has answered yet.
  std::atomic<bool> some_stalled_{false}, all_stalled_{false};
  std::atomic<bool> is_busy_{false};
  // Below: who has set is_busy_.
  PressureJudge judge_;
  PressurePace pace_;
  std::optional<purge_schedule::Haste> haste_;  // while pressure lasts

  // What stats() says; written as above.
  std::atomic<PressureLevel> level_{PressureLevel::none};
  std::atomic<std::size_t> held_{0}, limit_{0};
  std::atomic<std::uint64_t> stalls_{0}, reactions_{0}, calls_{0}, purged_{0}, dropped_{0};
};

}  // namespace cenote
