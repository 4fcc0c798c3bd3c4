/// How a buddy allocator is to be made.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/page_kind.hpp>

namespace cenote {

struct BuddyOptions {
  std::size_t bytes = 0;              ///< managed; what does not fill a smallest block at the end is left out
  std::size_t block_min = 4096;       ///< bytes of the smallest block: a power of two, at least 16
  PageKind pages = PageKind::normal;  ///< falls back to normal, and says so in stats().pages, when unavailable
  int numa_node = any_numa_node;
  std::string_view name = {};  ///< under which it is listed in statistics (copied, cut at 63 bytes)
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

}  // namespace cenote
