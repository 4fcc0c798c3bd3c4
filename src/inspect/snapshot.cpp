#include <vector>

#include <cenote/detail/system.hpp>
#include <cenote/stats.hpp>

#include "inspect/assemble.hpp"
#include "inspect/local_tables.hpp"
#include "os/process.hpp"

namespace cenote::stats {
namespace {

using inspect::HolderAccount, inspect::ListedAccount;

constexpr std::size_t kRoomAtFirst = 64;

std::vector<HolderAccount> holders() {
  for (std::size_t room = kRoomAtFirst;; room *= 4) {
    std::vector<HolderAccount> rows(room);
    const std::size_t count = inspect::read_holders(rows);
    if (count == 0) continue;
    rows.resize(count);
    return rows;
  }
}

std::vector<ListedAccount> listed() {
  std::vector<ListedAccount> room;
  std::size_t count = 0;
  do {
    room.resize(count + kRoomAtFirst);
    count = inspect::read_listed(room);
  } while (count > room.size());
  room.resize(count);
  return room;
}

}  // namespace

Snapshot snapshot() {
  Snapshot now{.process_id = os::process_id(), .unix_milliseconds = os::unix_milliseconds()};
  inspect::assemble(now, holders(), listed());
  now.resident_bytes = os::resident_bytes();
  return now;
}

}  // namespace cenote::stats
