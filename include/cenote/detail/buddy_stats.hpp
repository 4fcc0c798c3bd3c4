/// What a buddy allocator has done and holds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/buddy_geometry.hpp>
#include <cenote/detail/page_kind.hpp>

namespace cenote {

/// Taken with all threads held off for a moment, and all that can be joined joined: exact but for calls under way.
struct BuddyStats {
  std::size_t bytes = 0;      ///< managed: in use and free
  std::size_t block_min = 0;  ///< bytes of a block of order 0
  std::size_t orders = 0;     ///< blocks of order k have block_min << k bytes, k < orders
  std::array<std::size_t, BuddyGeometry::kOrdersMax> free_blocks{};  ///< of each order
  std::size_t free_bytes = 0;
  std::size_t largest_free = 0;  ///< bytes of the largest free block, 0 when all is in use

  std::size_t in_use = 0;        ///< blocks with the user
  std::size_t bytes_in_use = 0;  ///< theirs, rounded up to whole blocks
  /// The most there ever were: exact while one thread has used the allocator, else never below.
  std::size_t peak_in_use = 0;
  std::size_t peak_bytes_in_use = 0;
  std::uint64_t allocations = 0;    ///< blocks handed out since construction
  std::uint64_t deallocations = 0;  ///< allocations - in_use
  std::uint64_t failures = 0;       ///< calls that were told `exhausted`

  std::size_t bytes_reserved = 0;  ///< of addresses, tables included
  std::size_t bytes_committed =
      0;  ///< accessible, tables included; the system backs what was touched and not trimmed
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;

  /// How far free memory is from being in one piece: 1 - largest_free / the largest block that so many free bytes could be. 0 when all is
  /// free, or nothing; near 1 when there is much, in crumbs.
  double external_fragmentation() const noexcept {
    if (free_bytes == 0) return 0;
    const std::size_t best = std::min(std::bit_floor(free_bytes), block_min << (orders - 1));
    return 1 - static_cast<double>(largest_free) / static_cast<double>(best);
  }
};

}  // namespace cenote
