#include <utility>

#include <cenote/pressure_monitor.hpp>

#include "heap/reclaim.hpp"
#include "pressure/judge.hpp"
#include "pressure/monitor_core.hpp"

namespace cenote {

Result<PressureMonitor> PressureMonitor::create(const PressureOptions& options) noexcept {
  if (check_options(options).name != nullptr) return AllocError::bad_option;
  const Result<MonitorCore*> core = MonitorCore::open(options);
  if (!core) return core.error();
  return PressureMonitor{OwnedCore{*core}};
}

std::size_t trim() noexcept { return relieve(); }

PressureMonitor::PressureMonitor(const PressureOptions& options) : core_{open(options)} {}

MonitorCore* PressureMonitor::open(const PressureOptions& options) {
  if (const BadPressureOption bad = check_options(options); bad.name != nullptr)
    throw AllocFailure{bad.name, bad.problem};
  return MonitorCore::open(options).value();
}

void PressureMonitor::close(MonitorCore* core) noexcept { MonitorCore::close(core); }

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
