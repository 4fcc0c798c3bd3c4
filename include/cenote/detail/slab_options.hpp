/// How a slab allocator is to be made.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/size_classes.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

/// The largest alignment a slab allocator serves.
inline constexpr std::size_t kSlabAlignmentMax = kServedAlignmentMax;

struct SlabOptions {
  std::size_t limit_bytes = 0;  ///< of slabs and large blocks together, never passed; 0: no limit
  std::size_t large_threshold =
      0;  ///< larger requests get memory of their own; 0: 32 KiB; at most 64 KiB, more counts as that
  SizeClasses classes = SizeClasses::quarters;
  std::size_t empty_slabs_max = 1;  ///< kept in each class; more go back
  /// falls back to normal, and says so in stats().pages, when unavailable
  PageKind pages = PageKind::normal;
  int numa_node = any_numa_node;  ///< any: that of the thread, when it takes memory
  std::string_view name = {};     ///< copied, cut at 63 bytes
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

}  // namespace cenote
