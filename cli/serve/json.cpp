#include "json.hpp"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace cenote::cli {
namespace {

using inspect::HeapMap, inspect::MapExtent, inspect::MapHolder, inspect::MapHuge, inspect::MapRun,
    inspect::SlabMap;
using Json = nlohmann::json;

constexpr const char* kWhats[] = {"untouched", "dirty", "slab", "large", "tables", "unknown"};
static_assert(std::size(kWhats) == static_cast<std::size_t>(MapRun::What::unknown) + 1);

constexpr const char* kUses[] = {"live", "free", "cached", "remote", "quarantined", "uncarved"};
static_assert(std::size(kUses) == static_cast<std::size_t>(inspect::BlockUse::uncarved) + 1);

constexpr const char* kPages[] = {"normal", "transparent_huge", "huge_2mib", "huge_1gib"};

Json json_of(const MapHolder& holder) {
  return {{"name", holder.name}, {"kind", stats::name_of(holder.kind)}};
}

Json json_of(const MapRun& run) {
  Json json{static_cast<int>(run.what), run.first, run.units};
  if (run.what != MapRun::What::slab && run.what != MapRun::What::large) return json;
  for (const std::uint32_t number : {std::uint32_t{run.holder}, run.block_bytes, run.capacity, run.carved,
                                     run.live, run.cached, std::uint32_t{run.is_orphan}})
    json.push_back(number);
  return json;
}

Json json_of(const MapExtent& extent) {
  Json runs = Json::array();
  for (const MapRun& run : extent.runs) runs.push_back(json_of(run));
  return {{"address", address_text(extent.address)},
          {"node", extent.node},
          {"pages", kPages[static_cast<std::size_t>(extent.pages)]},
          {"runs", std::move(runs)}};
}

Json json_of(const MapHuge& block) {
  return {{"address", address_text(block.address)},
          {"bytes", block.bytes},
          {"node", block.node},
          {"holder", block.holder}};
}

Json json_of(const ProcessEntry& process) {
  return {{"pid", process.pid},
          {"command", process.command},
          {"command_line", process.command_line},
          {"refusal", process.refusal}};
}

Json json_of(const SizeTally& tally) {
  return {{"holder", tally.holder},           {"kind", stats::name_of(tally.kind)},
          {"block_bytes", tally.block_bytes}, {"live_blocks", tally.live_blocks},
          {"live_bytes", tally.live_bytes()}, {"cached_blocks", tally.cached_blocks},
          {"free_blocks", tally.free_blocks}};
}

template <class Items>
Json array_of(const Items& items) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(json_of(item));
  return array;
}

}  // namespace

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json to_json(const std::vector<ProcessEntry>& processes) { return {{"processes", array_of(processes)}}; }

Json to_json(const std::vector<SizeTally>& sizes) { return {{"sizes", array_of(sizes)}}; }

Json to_json(const HeapMap& map) {
  return {{"whats", kWhats},
          {"holders", array_of(map.holders)},
          {"extents", array_of(map.extents)},
          {"huge", array_of(map.huge)},
          {"cut_short", map.is_cut_short}};
}

Json to_json(const SlabMap& slab) {
  std::string blocks;
  for (const inspect::BlockUse use : slab.blocks) blocks += static_cast<char>('0' + static_cast<int>(use));
  return {{"address", address_text(slab.address)},
          {"units", slab.units},
          {"block_bytes", slab.block_bytes},
          {"is_orphan", slab.is_orphan},
          {"holder", json_of(slab.holder)},
          {"uses", kUses},
          {"blocks", std::move(blocks)}};
}

std::string address_text(std::uintptr_t address) { return fmt::format("{:#x}", address); }

std::optional<std::uintptr_t> address_of_text(const std::string& text) {
  if (!text.starts_with("0x")) return {};
  std::uintptr_t address = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + 2, last, address, 16);
  if (error != std::errc{} || end != last) return {};
  return address;
}

}  // namespace cenote::cli
