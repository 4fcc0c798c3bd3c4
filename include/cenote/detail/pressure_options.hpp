/// Options of a pressure monitor.
#pragma once

#include <cstdint>
#include <string_view>

namespace cenote {

struct PressureOptions {
  std::string_view name = "cenote-pressure";  ///< of its thread, at most 15 bytes
  std::uint32_t stall_ms =
      150;  ///< threads waited for memory that long within a window: moderate; all at once: critical
  std::uint32_t window_ms =
      1000;                ///< 500 to 10,000, as the kernel wants it; so long does what a stall has told last
  double moderate = 0.80;  ///< of the control group's limit, from 0.5 on
  double critical = 0.92;  ///< likewise; above `moderate`, at most 1
  std::uint32_t poll_ms =
      100;             ///< between two looks at what the group holds: of that, the kernel signals nothing
  bool thread = true;  ///< false: the program calls poll_now()
  std::string_view system_root = {};  ///< where /proc and /sys are looked for, when not at the root
};

}  // namespace cenote
