/// The program's callbacks, by priority. They run without the lock, so that they may come and go while one of
/// them does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <cenote/detail/lock.hpp>
#include <cenote/pressure_monitor.hpp>

namespace cenote {

/// Threads     begin_round() and call_next(): one at a time; all others any.
class CallbackList {
 public:
  CallbackList() noexcept;
  CallbackList(const CallbackList&) = delete;
  CallbackList& operator=(const CallbackList&) = delete;
  /// Lets go of whoever is still in it.
  ~CallbackList();

  void add(PressureRegistration& entry) noexcept;
  /// Waits while it is being called, unless the calling thread calls it.
  void remove(PressureRegistration& entry) noexcept;

  /// From now on every callback is due once.
  void begin_round() noexcept;
  /// Calls the first that is due; what it gave back, or nothing when none is.
  std::optional<std::size_t> call_next(const Pressure& pressure) noexcept;

  /// Whether the list is that of this process, and not what a fork left of its parent's.
  bool is_ours() const noexcept;

 private:
  PressureRegistration* first_due() const noexcept;

  const std::uint64_t process_;
  os::Lock lock_{os::LockRank::pressure};
  // All below under lock_.
  PressureRegistration* first_ = nullptr;
  std::uint64_t round_ = 0;
  PressureRegistration* running_ = nullptr;
  const void* runner_ = nullptr;        // the thread that calls it
  std::atomic<std::uint32_t> turn_{0};  // calls that have ended: whoever removes one that runs sleeps on it
};

}  // namespace cenote
