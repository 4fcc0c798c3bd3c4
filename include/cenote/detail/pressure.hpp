/// What those who can give memory back are told.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote {

enum class PressureLevel : std::uint8_t {
  none,
  moderate,  ///< memory is getting short: what can be had again cheaply should go
  critical   ///< the system is about to kill: all that can go should
};

struct Pressure {
  PressureLevel level = PressureLevel::none;
  /// How much is to go, so that the control group is well below its limit; 0 when nobody knows, since only stalls tell of it.
  std::size_t bytes_wanted = 0;
};

/// Gives memory back, and returns how many bytes, as far as it knows. May allocate, free and use heaps; runs on a small stack of 1 MiB
/// with all signals blocked.
using PressureCallback = std::size_t (*)(const Pressure& pressure, void* user) noexcept;

}  // namespace cenote
