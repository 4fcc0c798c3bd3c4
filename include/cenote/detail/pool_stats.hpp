/// What a pool of equal blocks has done and holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/memory_source.hpp>

namespace cenote {

/// Exact when no other thread is inside a call. `peak_in_use` is exact with SingleThread and Locked, else
/// never below the true peak.
struct PoolStats {
  std::size_t capacity = 0;         ///< blocks
  std::size_t in_use = 0;           ///< blocks with the user
  std::size_t peak_in_use = 0;      ///< the most there ever were
  std::uint64_t allocations = 0;    ///< blocks handed out since construction
  std::uint64_t deallocations = 0;  ///< allocations - in_use
  std::uint64_t failures = 0;      ///< calls that found no block; of the _many form, those that found too few
  std::uint64_t grows = 0;         ///< times that the capacity rose after construction
  std::size_t block_size = 0;      ///< bytes that a block can hold
  std::size_t bytes_reserved = 0;  ///< of addresses, tables included
  std::size_t bytes_committed = 0;  ///< backed by the system, tables included
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;
};

}  // namespace cenote
