/// Puts together what was read of a process: holders of slabs, and the list of names.
#pragma once

#include <span>

#include <cenote/detail/listing.hpp>
#include <cenote/stats.hpp>

#include "inspect/heap_census.hpp"

namespace cenote::inspect {

/// An account from the list of names, and whose slabs it counts among its own.
struct ListedAccount {
  stats::Account account{};
  const SlabHolder* holder = nullptr;
};

/// Calls `visit(context, Account&)` for each pool: holders first, then the list of names, in their order. A
/// holder that has a name of its own on the list appears under that only.
using VisitAccount = void (*)(void* context, stats::Account& account);
void for_each_account(std::span<const HolderAccount> holders, std::span<const ListedAccount> listed,
                      VisitAccount visit, void* context);

/// Adds the pool to the account of the process.
void add_to_process(stats::Account& process, const stats::Account& pool) noexcept;

/// Fills in `pools` and `process`.
void assemble(stats::Snapshot& snapshot, std::span<const HolderAccount> holders,
              std::span<const ListedAccount> listed);

}  // namespace cenote::inspect
