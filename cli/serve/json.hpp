/// JSON as the page gets it.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "inspect/heap_map.hpp"
#include "size_tally.hpp"
#include "source.hpp"

namespace cenote::cli {

/// Commands and names may hold bytes that are no UTF-8: these are replaced.
std::string dump(const nlohmann::json& json);

nlohmann::json to_json(const std::vector<ProcessEntry>& processes);
nlohmann::json to_json(const std::vector<SizeTally>& sizes);
/// A run is [what, first unit, units], of slabs and large blocks followed by [holder, block_bytes, capacity,
/// carved, live, cached, is_orphan]; `what` and `holder` are indexes into "whats" and "holders".
nlohmann::json to_json(const inspect::HeapMap& map);
/// "blocks" has a digit for each: an index into "uses".
nlohmann::json to_json(const inspect::SlabMap& slab);

/// 0x and hexadecimal digits: JavaScript's numbers would round an address.
std::string address_text(std::uintptr_t address);
/// The reverse; empty when it is something else.
std::optional<std::uintptr_t> address_of_text(const std::string& text);

}  // namespace cenote::cli
