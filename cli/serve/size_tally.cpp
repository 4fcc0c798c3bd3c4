#include "size_tally.hpp"

#include <map>
#include <utility>

namespace cenote::cli {

std::vector<SizeTally> tally_sizes(const inspect::HeapMap& map) {
  std::map<std::pair<std::uint16_t, std::uint64_t>, SizeTally> tallies;
  const auto tally_of = [&](std::uint16_t holder, std::uint64_t block_bytes) -> SizeTally& {
    SizeTally& tally = tallies[{holder, block_bytes}];
    tally.holder = map.holders[holder].name;
    tally.kind = map.holders[holder].kind;
    tally.block_bytes = block_bytes;
    return tally;
  };
  for (const inspect::MapExtent& extent : map.extents) {
    for (const inspect::MapRun& run : extent.runs) {
      if (run.capacity == 0) continue;
      SizeTally& tally = tally_of(run.holder, run.block_bytes);
      tally.live_blocks += run.live;
      tally.cached_blocks += run.cached;
      tally.free_blocks += run.carved - run.live - run.cached;
    }
  }
  for (const inspect::MapHuge& block : map.huge) ++tally_of(block.holder, block.bytes).live_blocks;
  std::vector<SizeTally> rows;
  rows.reserve(tallies.size());
  for (auto& [key, tally] : tallies) rows.push_back(std::move(tally));
  return rows;
}

}  // namespace cenote::cli
