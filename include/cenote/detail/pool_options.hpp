/// How a pool of equal blocks is to be made.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/bits.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// The alignment that keeps neighbouring blocks on separate cache lines.
inline constexpr std::size_t cache_line = kCacheLine;

struct PoolOptions {
  std::size_t block_size = 0;    ///< bytes; BlockPool only
  std::size_t capacity = 0;      ///< blocks ready after construction, > 0
  std::size_t capacity_max = 0;  ///< 0: never grows; else it grows on demand up to this many blocks
  std::size_t alignment = 0;     ///< 0: natural; a power of two up to 2 MiB
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;
  bool prefault = false;       ///< touch every page at construction
  std::string_view name = {};  ///< under which it is listed in statistics (copied, cut at 63 bytes)
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

}  // namespace cenote
