/// Which pages back a pool.
#pragma once

namespace cenote {

enum class PageKind {
  normal,            ///< the system's pages, 4 KiB on x86-64
  transparent_huge,  ///< normal pages that the kernel is asked to merge
  huge_2mib,         ///< reserved huge pages
  huge_1gib
};

/// No wish for a node.
inline constexpr int any_numa_node = -1;

}  // namespace cenote
