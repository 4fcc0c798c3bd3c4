/// What a manager of blocks of mixed sizes has done and holds: one snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote {

/// Exact, all but `bytes_held` from one moment. bytes_in_use + bytes_free is what counts against the limit.
struct ManagerStats {
  std::string_view name;            ///< valid while the manager lives
  std::size_t blocks_in_use = 0;    ///< with the user
  std::size_t blocks_free = 0;      ///< waiting to be used again
  std::size_t bytes_in_use = 0;     ///< of these blocks, as asked for
  std::size_t bytes_free = 0;       ///< likewise
  std::size_t limit_bytes = 0;      ///< 0: no limit
  std::size_t bytes_held = 0;       ///< with rounding, headers and tables
  std::uint64_t allocations = 0;    ///< blocks handed out since construction
  std::uint64_t deallocations = 0;  ///< allocations - blocks_in_use
  std::uint64_t failures = 0;       ///< calls for a block that got an error
};

}  // namespace cenote
