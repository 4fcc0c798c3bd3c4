/// How an epoch domain is to be made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote {

/// Who pays for readers and collections to see each other (docs/adr/0020).
enum class EpochFence : std::uint8_t {
  collections,  ///< each collection interrupts the process's running threads for some microseconds; a guard costs stores only. Where the
                ///< system has no such fence: `readers`
  readers       ///< each outermost guard costs an atomic operation; nobody is interrupted
};

struct EpochOptions {
  std::string_view name = {};  ///< in statistics and in reports of stalled readers (copied, cut at 63 bytes)
  std::size_t retired_max = std::size_t{1} << 16;  ///< blocks that may wait; 0: any number
  std::uint32_t stall_after_ms = 1000;             ///< a guard that holds blocks back for longer is reported
  EpochFence fence = EpochFence::collections;
};

}  // namespace cenote
