#include <algorithm>
#include <bit>
#include <cstring>

#include "inspect/cached_blocks.hpp"
#include "inspect/map_reader.hpp"

namespace cenote::inspect {
namespace {

/// The blocks of one slab, looked at in a copy of its bytes: free ones are linked through their first words.
class BlockDrawing {
 public:
  BlockDrawing(const MapReader& reader, const Slab& slab) : reader_{reader}, slab_{slab} {}

  bool draw() {
    uses_.assign(slab_.capacity, BlockUse::uncarved);
    std::fill_n(uses_.begin(), slab_.frontier, BlockUse::live);
    for (std::uint32_t purged = slab_.purged; purged != 0; purged &= purged - 1) mark_purged(purged);
    bytes_.resize(std::size_t{slab_.frontier} * slab_.block_bytes);
    return bytes_.empty() || reader_.peek().copy(slab_.start, bytes_.data(), bytes_.size());
  }

  void mark_chain(const FreeBlock* block, std::uint32_t count, BlockUse use) {
    for (; count != 0; --count) {
      const std::size_t offset = address_of(block) - address_of(slab_.start);
      if (offset >= bytes_.size() || offset % slab_.block_bytes != 0) return;
      uses_[offset / slab_.block_bytes] = use;
      std::memcpy(&block, bytes_.data() + offset, sizeof block);
    }
  }

  // Of a heap that keeps states: what is freed, and on no list.
  bool mark_quarantined() {
    std::vector<BlockState> states(bytes_.size() / kBlockAlignment);
    if (states.empty()) return true;
    if (!reader_.peek().copy(&reader_.space().state_of(slab_.start), states.data(), states.size()))
      return false;
    for (std::size_t i = 0; i < slab_.frontier; ++i) {
      const std::size_t granule = i * slab_.block_bytes / kBlockAlignment;
      if (uses_[i] == BlockUse::live && granule < states.size() && states[granule] == BlockState::freed)
        uses_[i] = BlockUse::quarantined;
    }
    return true;
  }

  std::vector<BlockUse> take() { return std::move(uses_); }

 private:
  // The first of the parts in `purged`: its blocks are to be cut again.
  void mark_purged(std::uint32_t purged) {
    const auto part = static_cast<std::uint32_t>(std::countr_zero(purged));
    const SlabParts parts = slab_.parts();
    std::fill_n(uses_.begin() + parts.first_block(part), parts.blocks_in(part), BlockUse::uncarved);
  }

  const MapReader& reader_;
  const Slab& slab_;
  std::vector<BlockUse> uses_{};
  std::vector<std::byte> bytes_{};
};

/// The descriptor of the first unit, and its image; null: no slab there.
const Slab* take_head(const MapReader& reader, std::uintptr_t address, Image<Slab>& slab) {
  const auto* const pointer = reinterpret_cast<const std::byte*>(address);
  const Slab* at = reader.space().descriptor_of(pointer);
  if (at == nullptr || !slab.take(reader.peek(), at)) return nullptr;
  if (slab->kind == UnitKind::interior) {
    at = slab->head;
    if (!slab.take(reader.peek(), at)) return nullptr;
  }
  const bool is_inside = address - address_of(slab->start) < bytes_of(slab->units);
  return is_inside && (slab->kind == UnitKind::slab || slab->kind == UnitKind::large) ? at : nullptr;
}

SlabMap describe(const MapReader& reader, const Slab& slab) {
  std::vector<MapHolder> holders = reader.holders();
  return {.address = address_of(slab.start),
          .units = slab.units.count,
          .block_bytes = slab.block_bytes,
          .is_orphan = slab.kind == UnitKind::slab && reader.is_orphan(slab),
          .holder = holders[index_of(holders, slab.holder)]};
}

bool draw_blocks(const MapReader& reader, const Slab* at, const Slab& slab, std::vector<BlockUse>& blocks) {
  BlockDrawing drawing{reader, slab};
  if (!drawing.draw()) return false;
  drawing.mark_chain(slab.free, slab.carved, BlockUse::free);
  drawing.mark_chain(slab.remote_first(), slab.remote_count(), BlockUse::remote);
  bool is_readable = true;
  is_readable &= reader.for_each_heap([&](const HeapCore& core, const HeapCore* where) {
    if (slab.holder != &where->central_pool) return;
    for_each_cached(reader.peek(), reader.space(), core, [&](const CachedBlocks& cached) {
      if (cached.slab != at) return;
      drawing.mark_chain(cached.first, cached.count,
                         cached.is_on_its_way ? BlockUse::remote : BlockUse::cached);
    });
    if (core.hardening != Hardening::trusting) is_readable &= drawing.mark_quarantined();
  });
  blocks = drawing.take();
  return is_readable;
}

}  // namespace

std::optional<SlabMap> slab_map(const HeapView& view, std::uintptr_t address) {
  MapReader reader{view};
  Image<Slab> slab;
  if (!reader.open()) return {};
  const Slab* const at = take_head(reader, address, slab);
  if (at == nullptr) return {};
  SlabMap map = describe(reader, *slab);
  if (slab->kind == UnitKind::large) {
    map.blocks = {BlockUse::live};
    return map;
  }
  if (!is_sound(*slab) || !draw_blocks(reader, at, *slab, map.blocks)) return {};
  return map;
}

}  // namespace cenote::inspect
