#include <utility>

#include <cenote/pressure_monitor.hpp>

#include "pressure/judge.hpp"
#include "pressure/monitor_core.hpp"

namespace cenote {

Result<PressureMonitor> PressureMonitor::create(const PressureOptions& options) noexcept {
  if (check_options(options).name != nullptr) return AllocError::bad_option;
  const Result<MonitorCore*> core = MonitorCore::open(options);
  if (!core) return core.error();
  return PressureMonitor{*core};
}

PressureMonitor::PressureMonitor(const PressureOptions& options) : core_{nullptr} {
  if (const BadPressureOption bad = check_options(options); bad.name != nullptr)
    throw AllocFailure{bad.name, bad.problem};
  *this = create(options).value();
}

PressureMonitor& PressureMonitor::operator=(PressureMonitor&& other) noexcept {
  if (this == &other) return *this;
  if (core_ != nullptr) release();
  core_ = std::exchange(other.core_, nullptr);
  return *this;
}

void PressureMonitor::release() noexcept { MonitorCore::close(std::exchange(core_, nullptr)); }

PressureRegistration PressureMonitor::on_pressure(int priority, PressureCallback callback,
                                                  void* user) noexcept {
  return PressureRegistration{*this, priority, callback, user};
}

PressureRegistration::PressureRegistration(PressureMonitor& monitor, int priority, PressureCallback callback,
                                           void* user) noexcept
    : list_{&monitor.core_->callbacks()}, callback_{callback}, user_{user}, priority_{priority} {
  list_->add(*this);
}

PressureLevel PressureMonitor::poll_now() noexcept { return core_->look(); }

PressureStats PressureMonitor::stats() const noexcept { return core_->stats(); }

}  // namespace cenote
