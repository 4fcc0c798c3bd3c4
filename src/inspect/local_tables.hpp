/// Reads the tables of this process into memory of the caller: whoever allocates may need the locks that are
/// held here.
#pragma once

#include <cstddef>
#include <span>

#include "inspect/assemble.hpp"
#include "inspect/heap_census.hpp"

namespace cenote::inspect {

/// Counts what each holder of slabs has into `room`, which has at least one row. Returns the rows in use; 0:
/// there are more holders than rows.
///
/// Complexity  as HeapCensus.
/// Threads     any; takes the locks of the registry and of huge blocks.
std::size_t read_holders(std::span<HolderAccount> room) noexcept;

/// Reads the list of names into `room`, the oldest entry first. Returns how many entries there are: when
/// there are more than rows, the oldest are missing.
///
/// Threads     any; takes the lock of the list of names.
std::size_t read_listed(std::span<ListedAccount> room) noexcept;

}  // namespace cenote::inspect
