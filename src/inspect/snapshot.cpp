#include <chrono>

#include <cenote/detail/listing.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/stats.hpp>

#include "engine/pages/backing.hpp"
#include "heap/registry.hpp"
#include "inspect/assemble.hpp"
#include "os/process.hpp"
#include "stats/peek.hpp"

namespace cenote::stats {
namespace {

using inspect::HeapCensus, inspect::HolderAccount, inspect::ListedAccount;

// Memory is taken before anything is locked: whoever allocates may have to take the same locks.
constexpr std::size_t kRoomAtFirst = 64;

// Two things that are read do not stay where they are: the thread-local lists of a thread that ends, which takes the registry's lock
// first, and the table of huge blocks, which moves when it grows.
std::vector<HolderAccount> holders() {
  for (std::size_t room = kRoomAtFirst;; room *= 4) {
    std::vector<HolderAccount> rows(room);
    const LocalPeek peek;
    HeapCensus census{g_heap_anchor, peek, rows};
    {
      const os::LockGuard caches{registry::lock()};
      const os::LockGuard table{g_backing.huge.lock()};
      static_cast<void>(census.take());  // nothing of this process is unreadable
    }
    if (census.overflowed()) continue;
    rows.resize(census.rows().size());
    return rows;
  }
}

struct Entries {
  std::vector<ListedAccount> room;
  std::size_t met = 0;

  void note(const Listing& listing) noexcept {
    if (met++ >= room.size()) return;
    ListedAccount& entry = room[met - 1];
    entry.holder = static_cast<const SlabHolder*>(listing.gauges.holder);
    static_cast<void>(read_listing(listing, LocalPeek{}, entry.account));
  }
};

std::vector<ListedAccount> listed() {
  Entries entries;
  do {
    entries.room.resize(entries.met + kRoomAtFirst);
    entries.met = 0;
    for_each_listing(
        [](void* context, const Listing& listing) { static_cast<Entries*>(context)->note(listing); },
        &entries);
  } while (entries.met > entries.room.size());
  entries.room.resize(entries.met);
  return {entries.room.rbegin(), entries.room.rend()};
}

std::uint64_t unix_milliseconds() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(
      duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
}

}  // namespace

Snapshot snapshot() {
  Snapshot now{.process_id = os::process_id(), .unix_milliseconds = unix_milliseconds()};
  inspect::assemble(now, holders(), listed());
  now.resident_bytes = os::resident_bytes();
  return now;
}

}  // namespace cenote::stats
