/// A snapshot as JSON, into any text.
#pragma once

#include <cenote/stats.hpp>

#include "inspect/json_writer.hpp"

namespace cenote::inspect {

template <class Text>
void write_account(JsonWriter<Text>& json, const stats::Account& account) {
  json.open_object();
  json.key("kind").value(name_of(account.kind));
  json.key("name").value(std::string_view{account.name});
  json.key("borrows").value(account.borrows);
  for (std::size_t i = 0; i < stats::kFigures; ++i) {
    const auto figure = static_cast<stats::Figure>(i);
    json.key(name_of(figure)).value(account[figure]);
  }
  json.key("live_bytes").value(account.live());
  json.key("cached_bytes").value(account.cached());
  json.key("free_bytes").value(account.free());
  json.key("committed_bytes").value(account.committed());
  json.close_object();
}

/// `write_pools(JsonWriter<Text>&)` writes an account for each pool, in place of snapshot.pools.
template <class Text, class WritePools>
void write_snapshot(Text& text, const stats::Snapshot& snapshot, WritePools write_pools) {
  JsonWriter<Text> json{text};
  json.open_object();
  json.key("process_id").value(snapshot.process_id);
  json.key("unix_milliseconds").value(snapshot.unix_milliseconds);
  json.key("resident_bytes").value(snapshot.resident_bytes);
  json.key("other_bytes").value(snapshot.other_bytes());
  json.key("process");
  write_account(json, snapshot.process);
  json.key("pools").open_array();
  write_pools(json);
  json.close_array();
  json.close_object();
}

}  // namespace cenote::inspect
