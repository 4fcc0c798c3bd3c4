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

/// What a pool asks for, or was granted.
struct Pages {
  PageKind kind = PageKind::normal;
  int node = any_numa_node;
  friend constexpr bool operator==(Pages, Pages) noexcept = default;
};

}  // namespace cenote
