/// What an epoch domain holds.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote {

/// Exact when no other thread is inside a call.
struct EpochStats {
  std::uint64_t epoch = 0;         ///< one more with each collection
  std::uint64_t retired = 0;       ///< blocks so far
  std::uint64_t reclaimed = 0;     ///< of them given back to their pools
  std::size_t waiting = 0;         ///< the others
  std::size_t retired_max = 0;     ///< that may wait; 0: any number
  std::size_t threads = 0;         ///< that have used the domain and have not ended
  std::size_t readers = 0;         ///< of them inside a guard
  std::size_t stalled = 0;         ///< of them for longer than `stall_after_ms`, with blocks that wait
  std::size_t metadata_bytes = 0;  ///< of the lists of retired blocks
};

}  // namespace cenote
