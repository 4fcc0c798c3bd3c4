/// What an arena has done and holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/memory_source.hpp>

namespace cenote {

struct ArenaStats {
  std::size_t used = 0;  ///< blocks, what lies between them for alignment, and the records of destructors
  std::size_t peak_used = 0;          ///< the most there ever was
  std::size_t limit_bytes = 0;        ///< 0: none
  std::size_t chunks = 0;             ///< from upstream, those kept for later included
  std::size_t bytes_committed = 0;    ///< theirs; of its own pages the system backs what was touched
  std::uint64_t failures = 0;         ///< calls that were told an error
  PageKind pages = PageKind::normal;  ///< of the chunk that came last
};

}  // namespace cenote
