#include <cenote/stats.hpp>

#include "inspect/json_writer.hpp"

namespace cenote::stats {
namespace {

void write(inspect::JsonWriter& json, const Account& account) {
  json.open_object();
  json.key("kind").value(name_of(account.kind));
  json.key("name").value(std::string_view{account.name});
  json.key("borrows").value(account.borrows);
  for (std::size_t i = 0; i < kFigures; ++i) {
    const auto figure = static_cast<Figure>(i);
    json.key(name_of(figure)).value(account[figure]);
  }
  json.key("live_bytes").value(account.live());
  json.key("cached_bytes").value(account.cached());
  json.key("free_bytes").value(account.free());
  json.key("committed_bytes").value(account.committed());
  json.close_object();
}

}  // namespace

std::string to_json(const Snapshot& snapshot) {
  inspect::JsonWriter json;
  json.open_object();
  json.key("process_id").value(snapshot.process_id);
  json.key("unix_milliseconds").value(snapshot.unix_milliseconds);
  json.key("resident_bytes").value(snapshot.resident_bytes);
  json.key("other_bytes").value(snapshot.other_bytes());
  json.key("process");
  write(json, snapshot.process);
  json.key("pools").open_array();
  for (const Account& pool : snapshot.pools) write(json, pool);
  json.close_array();
  json.close_object();
  return json.take();
}

}  // namespace cenote::stats
