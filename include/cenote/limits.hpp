/// Limits of the process and of names, set and asked while the program runs. They bind every pool, arena and
/// heap.
///
///     cenote::set_limit("parser", 64 << 20);                                   // of all that is named "parser" together
///     cenote::set_process_limit(512 << 20, cenote::LimitAction::report);       // of all together
///
/// They count the bytes that a pool has taken from the system for its blocks, tables beside them included:
/// what is committed, in pages; of heaps and slab allocators slabs, large and huge blocks, in units of 64 KiB
/// or pages; of arenas their chunks. Pages that are purged and stay committed count on. A pool whose memory
/// comes from another pool counts with that one (docs/limits.md).
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/handlers.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// A limit and what is held of it.
struct Limit {
  std::size_t bytes_held = 0;
  std::size_t bytes_limit = 0;  ///< 0: none
  LimitAction action = LimitAction::refuse;
};

/// All pools, arenas and heaps of that name, existing and future ones, may hold so many bytes together; 0: no
/// limit. Blocks in use stay. "malloc" is the process's own heap. The name is cut at 63 bytes.
///
/// Errors      bad_option: the name is empty; out_of_memory.
Result<void> set_limit(std::string_view name, std::size_t bytes,
                       LimitAction action = LimitAction::refuse) noexcept;
/// All pools, arenas and heaps may hold so many bytes together; 0: no limit. Blocks in use stay.
void set_process_limit(std::size_t bytes, LimitAction action = LimitAction::refuse) noexcept;

/// Zeros for a name that no pool has, and that was given no limit.
Limit limit_of(std::string_view name) noexcept;
Limit process_limit() noexcept;

}  // namespace cenote
