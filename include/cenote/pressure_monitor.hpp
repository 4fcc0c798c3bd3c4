/// Gives memory back before the system kills: when threads wait for memory, and when the process's control
/// group nears its limit.
///
///     PressureMonitor monitor;
///     auto thumbnails = monitor.on_pressure(10, &drop_thumbnails, &cache);
///     auto sessions = monitor.on_pressure(20, &drop_sessions, &cache);
///
/// At pressure all heaps give back what is free, then callbacks are called, the lowest priority first, until
/// the group is below its watermark, or all of them when only stalls tell of it. While pressure lasts, what
/// falls free goes back ten times as soon, and callbacks are called again, ever more rarely when that brings
/// nothing.
///
/// Invariants  no callback runs twice at a time, nor after its registration has ended; none runs while a lock
///             of ours is held.
/// Source      Weiner, "psi: pressure stall information", Linux 4.20; its triggers: Linux 5.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include <cenote/detail/owned.hpp>
#include <cenote/result.hpp>

namespace cenote {

enum class PressureLevel : std::uint8_t {
  none,
  moderate,  ///< memory is getting short: what can be had again cheaply should go
  critical   ///< the system is about to kill: all that can go should
};

struct Pressure {
  PressureLevel level = PressureLevel::none;
  /// How much is to go, so that the control group is well below its limit; 0 when nobody knows, since only
  /// stalls tell of it.
  std::size_t bytes_wanted = 0;
};

/// Gives memory back, and returns how many bytes, as far as it knows. May allocate, free and use heaps; runs
/// on a small stack of 1 MiB with all signals blocked.
using PressureCallback = std::size_t (*)(const Pressure& pressure, void* user) noexcept;

struct PressureOptions {
  std::string_view name = "cenote-pressure";  ///< of its thread, at most 15 bytes
  /// threads waited for memory that long within a window: moderate; all at once: critical
  std::uint32_t stall_ms = 150;
  /// 500 to 10,000, as the kernel wants it; so long does what a stall has told last
  std::uint32_t window_ms = 1000;
  double moderate = 0.80;  ///< of the control group's limit, from 0.5 on
  double critical = 0.92;  ///< likewise; above `moderate`, at most 1
  /// between two looks at what the group holds: of that, the kernel signals nothing
  std::uint32_t poll_ms = 100;
  bool thread = true;                 ///< false: the program calls poll_now()
  std::string_view system_root = {};  ///< where /proc and /sys are looked for, when not at the root
};

class CallbackList;
class PressureMonitor;

/// Stays where it was made. It may outlive its monitor.
class [[nodiscard]] PressureRegistration {
 public:
  /// As PressureMonitor::on_pressure, for who makes it in its place.
  PressureRegistration(PressureMonitor& monitor, int priority, PressureCallback callback,
                       void* user = nullptr) noexcept;
  PressureRegistration(const PressureRegistration&) = delete;
  PressureRegistration& operator=(const PressureRegistration&) = delete;
  /// Waits while the callback runs, unless it is the callback that does this: afterwards it is never called
  /// again. Any thread, but none that holds a lock for which the callback waits.
  ~PressureRegistration();

 private:
  friend class CallbackList;

  CallbackList* list_;  // null: its monitor is gone, or that of a fork's parent
  PressureCallback callback_;
  void* user_;
  int priority_;
  std::uint64_t round_ = 0;  // in which it was last called; below under the list's lock
  PressureRegistration* next_ = nullptr;
};

struct PressureStats {
  PressureLevel level = PressureLevel::none;
  /// by the control group that is nearest to its limit, without file pages, at the last look
  std::size_t bytes_held = 0;
  std::size_t bytes_limit = 0;      ///< its limit; 0: none
  std::uint64_t stalls = 0;         ///< signals of the kernel that threads waited for memory
  std::uint64_t reactions = 0;      ///< how often heaps were purged
  std::uint64_t callbacks = 0;      ///< calls of the program's callbacks
  std::uint64_t bytes_purged = 0;   ///< that heaps gave back
  std::uint64_t bytes_dropped = 0;  ///< that callbacks said they gave back
  bool hears_stalls = false;        ///< whether the kernel signals stalls to this process
  bool sees_group = false;          ///< whether there is a control group (version 2) to look at
};

class MonitorCore;

/// Returns free memory of all heaps and slab allocators of the process to the system, as a monitor does at
/// pressure. Pools, arenas and managers keep theirs: see their own trim(). Threads return the blocks that
/// they cache when they next need some. Returns the bytes.
///
/// Complexity  O(memory that the heaps hold).
/// Threads     any.
std::size_t trim() noexcept;

/// Threads     all members but the destructor and moves: any, at the same time. In the child of a fork it
///             does nothing: what wants one there makes another.
class PressureMonitor {
 public:
  /// Throws AllocFailure: bad_option; unsupported where the system neither signals stalls nor says what a
  /// control group holds; out_of_memory, also when there is no thread to be had.
  explicit PressureMonitor(const PressureOptions& options = {});
  /// The same without exceptions.
  static Result<PressureMonitor> create(const PressureOptions& options) noexcept;

  PressureMonitor(PressureMonitor&&) noexcept = default;
  PressureMonitor& operator=(PressureMonitor&&) noexcept = default;
  /// Ends the thread and waits for that; not from a callback. Registrations that are left do nothing any
  /// more.
  ~PressureMonitor() = default;

  /// From now on calls `callback(pressure, user)` at pressure, before those of higher priority; among equals
  /// the oldest first.
  [[nodiscard]] PressureRegistration on_pressure(int priority, PressureCallback callback,
                                                 void* user = nullptr) noexcept;

  /// Looks now, and does what there is to do on the calling thread, callbacks too; returns the level it
  /// found. While another thread does that, or from a callback, only says what that thread has found.
  PressureLevel poll_now() noexcept;

  PressureStats stats() const noexcept;

 private:
  friend class PressureRegistration;

  static void close(MonitorCore* core) noexcept;
  using OwnedCore = detail::Owned<MonitorCore, PressureMonitor>;
  friend OwnedCore;
  explicit PressureMonitor(OwnedCore core) noexcept : core_{std::move(core)} {}
  static MonitorCore* open(const PressureOptions& options);

  OwnedCore core_;
};

}  // namespace cenote
