#include "inspect/assemble.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace cenote::inspect {
namespace {

using stats::Account, stats::Figure, stats::Kind;

const HolderAccount* find(std::span<const HolderAccount> holders, const SlabHolder* holder) noexcept {
  if (holder == nullptr) return nullptr;
  const auto found = std::ranges::find(holders, holder, &HolderAccount::holder);
  return found == holders.end() ? nullptr : &*found;
}

// A manager says what of its heap's live bytes the user has and what is free; the rest is rounding and
// headers.
void split_live(Account& manager, const Account& slabs) noexcept {
  const std::uint64_t told = manager[Figure::live] + manager[Figure::partial_slabs];
  manager[Figure::internal_fragmentation] = slabs.live() - std::min(told, slabs.live());
  manager[Figure::partial_slabs] += slabs[Figure::partial_slabs];
}

Account with_slabs(Account account, const Account& slabs) noexcept {
  if (account.kind == Kind::pool_manager) {
    split_live(account, slabs);
  } else {
    for (const Figure figure : {Figure::live, Figure::internal_fragmentation, Figure::fragmentation_unknown,
                                Figure::partial_slabs, Figure::fragmentation_samples})
      account[figure] += slabs[figure];
    account[Figure::blocks_in_use] = slabs[Figure::blocks_in_use];
  }
  for (const Figure figure : {Figure::thread_caches, Figure::empty_slabs, Figure::orphans, Figure::untouched,
                              Figure::metadata, Figure::reserved})
    account[figure] += slabs[figure];
  return account;
}

/// These round up, and their accounts do not say by how much.
void note_unknown(Account& account) noexcept {
  if (account.kind == Kind::slab_allocator || account.kind == Kind::buddy_allocator)
    account[Figure::fragmentation_unknown] = account[Figure::live];
}

}  // namespace

void for_each_account(std::span<const HolderAccount> holders, std::span<const ListedAccount> listed,
                      VisitAccount visit, void* context) {
  const auto tell = [&](Account account) {
    note_unknown(account);
    visit(context, account);
  };
  for (const HolderAccount& row : holders) {
    const bool has_a_name =
        row.holder != nullptr &&
        std::ranges::any_of(listed, [&](const ListedAccount& other) { return other.holder == row.holder; });
    if (!has_a_name) tell(row.account);
  }
  for (const ListedAccount& entry : listed) {
    const HolderAccount* const slabs = find(holders, entry.holder);
    tell(slabs == nullptr ? entry.account : with_slabs(entry.account, slabs->account));
  }
}

void add_to_process(Account& process, const Account& pool) noexcept {
  if (!pool.borrows) process += pool;
}

void assemble(stats::Snapshot& snapshot, std::span<const HolderAccount> holders,
              std::span<const ListedAccount> listed) {
  for_each_account(
      holders, listed,
      [](void* pools, Account& account) { static_cast<std::vector<Account>*>(pools)->push_back(account); },
      &snapshot.pools);
  snapshot.process = {.kind = Kind::process, .name = "process"};
  for (const Account& pool : snapshot.pools) add_to_process(snapshot.process, pool);
}

}  // namespace cenote::inspect
