#include "inspect/heap_map.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <unordered_map>

#include <cenote/detail/geometry.hpp>

#include "inspect/cached_blocks.hpp"
#include "inspect/map_reader.hpp"

namespace cenote::inspect {
namespace {

using What = MapRun::What;

class MapDrawing {
 public:
  explicit MapDrawing(const MapReader& reader) : reader_{reader} {}

  bool draw() {
    map_.holders = reader_.holders();
    return count_cached() && draw_regions() && draw_huge();
  }
  HeapMap take() { return std::move(map_); }

 private:
  bool count_cached() {
    return reader_.for_each_heap([&](const HeapCore& core, const HeapCore*) {
      for_each_cached(reader_.peek(), reader_.space(), core,
                      [&](const CachedBlocks& blocks) { cached_[blocks.slab] += blocks.count; });
    });
  }

  bool draw_regions() {
    bool is_readable = true;
    reader_.space().for_each_region([&](const AddressRegion& region) {
      for (std::size_t i = region.first_extent(); is_readable && i < region.extent_count(); ++i) {
        map_.is_cut_short = map_.extents.size() == kExtentsMax;
        if (map_.is_cut_short) return;
        is_readable = draw_extent(region, i);
      }
    });
    return is_readable;
  }

  bool draw_extent(const AddressRegion& region, std::size_t index) {
    Image<Extent> extent;
    alignas(Slab) std::byte descriptors[kUnitsPerExtent * sizeof(Slab)];
    if (!extent.take(reader_.peek(), region.extents() + index) ||
        !reader_.peek().copy(extent->descriptors, descriptors, sizeof descriptors))
      return false;
    if (extent->is_released) return true;
    MapExtent& drawn = map_.extents.emplace_back();
    drawn.address = address_of(extent->start);
    drawn.node = extent->place.node();
    drawn.pages = extent->place.pages();
    const std::uint32_t header = units_for(region.header_bytes_from(index << kExtentShift)).count;
    const std::uint32_t states = units_for(region.states_bytes_from(index << kExtentShift)).count;
    draw_tables(drawn, 0, header);
    for (std::uint32_t unit = header; unit < kUnitsPerExtent - states; unit += drawn.runs.back().units)
      drawn.runs.push_back(run_at(*extent, descriptors, unit));
    draw_tables(drawn, kUnitsPerExtent - states, states);
    return true;
  }

  static void draw_tables(MapExtent& drawn, std::uint32_t first, std::uint32_t units) {
    if (units == 0) return;
    drawn.runs.push_back({.what = What::tables,
                          .first = static_cast<std::uint8_t>(first),
                          .units = static_cast<std::uint8_t>(units)});
  }

  MapRun run_at(const Extent& extent, std::span<const std::byte> descriptors, std::uint32_t unit) {
    if ((extent.free >> unit & 1) != 0) return free_run(extent, unit);
    const Slab& slab = *reinterpret_cast<const Slab*>(descriptors.data() + unit * sizeof(Slab));
    MapRun run{.first = static_cast<std::uint8_t>(unit), .units = 1};
    if (slab.kind != UnitKind::slab && slab.kind != UnitKind::large) return run;
    if (slab.units.count == 0 || slab.units.count > kUnitsPerExtent - unit) return run;
    run.units = static_cast<std::uint8_t>(slab.units.count);
    if (slab.kind == UnitKind::large) return large_run(slab, run);
    return is_sound(slab) ? slab_run(slab, extent.descriptors + unit, run) : run;
  }

  static MapRun free_run(const Extent& extent, std::uint32_t unit) {
    const bool is_dirty = (extent.dirty >> unit & 1) != 0;
    std::uint32_t end = unit + 1;
    while (end < kUnitsPerExtent && (extent.free >> end & 1) != 0 && (extent.dirty >> end & 1) == is_dirty)
      ++end;
    return {.what = is_dirty ? What::dirty : What::untouched,
            .first = static_cast<std::uint8_t>(unit),
            .units = static_cast<std::uint8_t>(end - unit)};
  }

  MapRun large_run(const Slab& block, MapRun run) {
    run.what = What::large;
    run.holder = index_of(map_.holders, block.holder);
    run.block_bytes = block.block_bytes;
    run.capacity = run.carved = run.live = 1;
    return run;
  }

  MapRun slab_run(const Slab& slab, const Slab* at, MapRun run) {
    const auto cached = cached_.find(at);
    const std::uint32_t used = std::min<std::uint32_t>(slab.used(), slab.carved);
    run.what = What::slab;
    run.is_orphan = reader_.is_orphan(slab);
    run.holder = index_of(map_.holders, slab.holder);
    run.block_bytes = slab.block_bytes;
    run.capacity = slab.capacity;
    run.carved = slab.carved;
    run.cached = std::min(used, slab.remote_count() + (cached == cached_.end() ? 0 : cached->second));
    run.live = used - run.cached;
    return run;
  }

  bool draw_huge() {
    const HugeBlocks& huge = reader_.huge();
    for (std::size_t i = 0; i < huge.table_slots(); ++i) {
      HugeBlock block{};
      if (!reader_.peek().read(huge.table() + i, block)) return false;
      if (block.start == nullptr || block.holder == nullptr) continue;
      map_.huge.push_back(
          {address_of(block.start), block.bytes, block.place.node(), index_of(map_.holders, block.holder)});
    }
    std::ranges::sort(map_.huge, {}, &MapHuge::address);
    return true;
  }

  const MapReader& reader_;
  std::unordered_map<const Slab*, std::uint32_t> cached_{};
  HeapMap map_{};
};

}  // namespace

std::optional<HeapMap> heap_map(const HeapView& view) {
  MapReader reader{view};
  if (!reader.open()) return {};
  MapDrawing drawing{reader};
  if (!drawing.draw()) return {};
  return drawing.take();
}

void join(HeapMap& map, HeapMap other) {
  const auto shift = static_cast<std::uint16_t>(map.holders.size());
  std::ranges::move(other.holders, std::back_inserter(map.holders));
  for (MapExtent& extent : other.extents) {
    for (MapRun& run : extent.runs) run.holder = static_cast<std::uint16_t>(run.holder + shift);
    map.extents.push_back(std::move(extent));
  }
  for (MapHuge& block : other.huge) {
    block.holder = static_cast<std::uint16_t>(block.holder + shift);
    map.huge.push_back(block);
  }
  map.is_cut_short |= other.is_cut_short;
}

}  // namespace cenote::inspect
