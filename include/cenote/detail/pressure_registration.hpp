/// A callback's place in the order in which a monitor calls them; it ends with this object.
#pragma once

#include <cstdint>

#include <cenote/detail/pressure.hpp>

namespace cenote {

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
  /// Waits while the callback runs, unless it is the callback that does this: afterwards it is never called again. Any thread, but none
  /// that holds a lock for which the callback waits.
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

}  // namespace cenote
