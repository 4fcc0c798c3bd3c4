/// How much memory the user allows the process (`ulimit -v`, `ulimit -d`), and whether the pools have to be
/// sparing with addresses for it.
#pragma once

#include <cstddef>

namespace cenote::user_limit {

/// Bytes; SIZE_MAX when there is no limit. Asks the system each time, since programs lower their limits while
/// they run.
std::size_t look() noexcept;

/// Whether the limit is so low that a program may well reach it, as of the last look. Then free extents are
/// released at once, few mappings are kept, and each block above 64 KiB gets a mapping of its own. One load.
bool is_tight() noexcept;

}  // namespace cenote::user_limit
