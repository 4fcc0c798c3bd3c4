#include <string>

#include <cenote/stats.hpp>

#include "inspect/snapshot_json.hpp"

namespace cenote::stats {

std::string to_json(const Snapshot& snapshot) {
  std::string text;
  inspect::write_snapshot(text, snapshot, [&](inspect::JsonWriter<std::string>& json) {
    for (const Account& pool : snapshot.pools) inspect::write_account(json, pool);
  });
  return text;
}

}  // namespace cenote::stats
