/// Gives memory back before the system kills: when threads wait for memory, and when the process's control group nears its limit.
///
///     PressureMonitor monitor;
///     auto thumbnails = monitor.on_pressure(10, &drop_thumbnails, &cache);
///     auto sessions = monitor.on_pressure(20, &drop_sessions, &cache);
///
/// At pressure all heaps give back what is free, then callbacks are called, the lowest priority first, until the group is below its
/// watermark, or all of them when only stalls tell of it. While pressure lasts, what falls free goes back ten times as soon, and
/// callbacks are called again, ever more rarely when that brings nothing.
///
/// Invariants  no callback runs twice at a time, nor after its registration has ended; none runs while a lock of ours is held.
/// Source      Weiner, "psi: pressure stall information", Linux 4.20; its triggers: Linux 5.2.
#pragma once

#include <cenote/detail/pressure.hpp>
#include <cenote/detail/pressure_options.hpp>
#include <cenote/detail/pressure_registration.hpp>
#include <cenote/detail/pressure_stats.hpp>
#include <cenote/result.hpp>

namespace cenote {

class MonitorCore;

/// Threads     all members but the destructor and moves: any, at the same time. In the child of a fork it does nothing: what wants one
///             there makes another.
class PressureMonitor {
 public:
  /// Throws AllocFailure: bad_option; unsupported where the system neither signals stalls nor says what a control group holds;
  /// out_of_memory, also when there is no thread to be had.
  explicit PressureMonitor(const PressureOptions& options = {});
  /// The same without exceptions.
  static Result<PressureMonitor> create(const PressureOptions& options) noexcept;

  PressureMonitor(PressureMonitor&& other) noexcept : core_{other.core_} { other.core_ = nullptr; }
  PressureMonitor& operator=(PressureMonitor&& other) noexcept;
  /// Ends the thread and waits for that; not from a callback. Registrations that are left do nothing any more.
  ~PressureMonitor() {
    if (core_ != nullptr) release();
  }

  /// From now on calls `callback(pressure, user)` at pressure, before those of higher priority; among equals the oldest first.
  [[nodiscard]] PressureRegistration on_pressure(int priority, PressureCallback callback,
                                                 void* user = nullptr) noexcept;

  /// Looks now, and does what there is to do on the calling thread, callbacks too; returns the level it found. While another thread does
  /// that, or from a callback, only says what that thread has found.
  PressureLevel poll_now() noexcept;

  PressureStats stats() const noexcept;

 private:
  friend class PressureRegistration;

  explicit PressureMonitor(MonitorCore* core) noexcept : core_{core} {}
  void release() noexcept;

  MonitorCore* core_;
};

}  // namespace cenote
