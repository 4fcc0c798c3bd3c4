/// Puts together what was read of a process: holders of slabs, and the list of names.
#pragma once

#include <span>
#include <vector>

#include <cenote/detail/listing.hpp>
#include <cenote/stats.hpp>

#include "inspect/heap_census.hpp"

namespace cenote::inspect {

/// An account from the list of names, and whose slabs it counts among its own.
struct ListedAccount {
  stats::Account account{};
  const SlabHolder* holder = nullptr;
};

/// Fills in `pools` and `process`. A holder that has a name of its own on the list appears under that only.
void assemble(stats::Snapshot& snapshot, std::span<const HolderAccount> holders,
              std::span<const ListedAccount> listed);

}  // namespace cenote::inspect
