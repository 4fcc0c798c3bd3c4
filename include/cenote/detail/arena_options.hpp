/// How an arena is to be made, and what becomes of its bytes when they are taken back.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/memory_source.hpp>

namespace cenote {

/// What becomes of old bytes at a reset.
enum class Scrub {
  none,     ///< they stay until they are overwritten
  zero,     ///< overwritten with zeros
  decommit  ///< their pages go back to the system, and read as zero when they are next touched
};

/// The largest alignment an arena serves. Two of it and PTRDIFF_MAX are far apart, also where addresses have
/// 32 bits.
inline constexpr std::size_t kArenaAlignmentMax = kServedAlignmentMax;

struct ArenaOptions {
  std::size_t chunk_bytes =
      64 * 1024;  ///< of the first chunk; each further one is twice as large, up to 64 times this
  std::size_t limit_bytes = 0;  ///< used() never passes it; 0: no limit
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  std::string_view name = {};  ///< in reports of wrong calls (copied, cut at 63 bytes)
};

}  // namespace cenote
