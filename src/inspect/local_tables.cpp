#include "inspect/local_tables.hpp"

#include <algorithm>

#include <cenote/detail/lock.hpp>

#include "engine/pages/backing.hpp"
#include "heap/registry.hpp"
#include "stats/peek.hpp"

namespace cenote::inspect {
namespace {

struct Entries {
  std::span<ListedAccount> room;
  std::size_t met = 0;

  void note(const stats::Listing& listing) noexcept {
    if (met++ >= room.size()) return;
    ListedAccount& entry = room[met - 1];
    entry.holder = static_cast<const SlabHolder*>(listing.gauges.holder);
    static_cast<void>(stats::read_listing(listing, stats::LocalPeek{}, entry.account));
  }
};

}  // namespace

// Two things that are read do not stay where they are: the thread-local lists of a thread that ends, which
// takes the registry's lock first, and the table of huge blocks, which moves when it grows.
std::size_t read_holders(std::span<HolderAccount> room) noexcept {
  const stats::LocalPeek peek;
  HeapCensus census{g_heap_anchor, peek, room};
  {
    const os::LockGuard caches{registry::lock()};
    const os::LockGuard table{g_backing.huge.lock()};
    static_cast<void>(census.take());  // nothing of this process is unreadable
  }
  return census.overflowed() ? 0 : census.rows().size();
}

std::size_t read_listed(std::span<ListedAccount> room) noexcept {
  Entries entries{room};
  stats::for_each_listing(
      [](void* context, const stats::Listing& listing) { static_cast<Entries*>(context)->note(listing); },
      &entries);
  std::ranges::reverse(room.first(std::min(entries.met, room.size())));
  return entries.met;
}

}  // namespace cenote::inspect
