/// What a heap holds: one snapshot.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/page_kind.hpp>

namespace cenote {

/// Bytes are exact when no thread uses the heap meanwhile. `bytes_held` are this heap's; the four below it are the process's, whose
/// heaps share their pages.
struct HeapStats {
  std::string_view name;              ///< valid while the heap lives
  std::size_t bytes_held = 0;         ///< in its slabs, large and huge blocks
  std::size_t limit_bytes = 0;        ///< 0: no limit
  std::size_t slabs = 0;              ///< runs of units cut into blocks
  std::size_t large_blocks = 0;       ///< blocks with units of their own
  std::size_t huge_blocks = 0;        ///< blocks with mappings of their own
  std::size_t thread_caches = 0;      ///< threads that use it now
  PageKind pages = PageKind::normal;  ///< of the memory for slabs that came last

  std::size_t bytes_reserved = 0;   ///< addresses
  std::size_t bytes_committed = 0;  ///< accessible
  std::size_t bytes_dirty = 0;      ///< free, but not yet given back to the system
  std::size_t bytes_kept = 0;       ///< mappings of freed huge blocks, kept for reuse
};

}  // namespace cenote
