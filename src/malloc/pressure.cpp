/// CENOTE_OPTIONS=pressure=on: a monitor for the whole life of the process.
#include <array>
#include <cstddef>
#include <new>
#include <utility>

#include <cenote/pressure_monitor.hpp>

#include "base/print_error.hpp"
#include "malloc/process_malloc.hpp"

namespace cenote {
namespace {

// Never destroyed: the program frees until the very end.
alignas(PressureMonitor) constinit std::array<std::byte, sizeof(PressureMonitor)> g_monitor{};

// Before main, and not with the first block: a thread cannot be started inside malloc's own start.
[[gnu::constructor]] void at_start_of_process() noexcept {
  if (!process_malloc::watches_pressure()) return;
  Result<PressureMonitor> monitor = PressureMonitor::create({});
  if (!monitor) {
    print_error_format("cenote: CENOTE_OPTIONS: pressure ignored: %s\n",
                       monitor.error() == AllocError::unsupported
                           ? "the system says nothing of it to this process"
                           : "the system refuses memory or a thread");
    return;
  }
  new (g_monitor.data()) PressureMonitor{std::move(*monitor)};
}

}  // namespace
}  // namespace cenote
