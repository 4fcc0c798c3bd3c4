/// What the readings of heap maps have in common: images of the tables, and who holds what.
#pragma once

#include <vector>

#include "engine/pages/backing.hpp"
#include "inspect/heap_map.hpp"
#include "inspect/image.hpp"

namespace cenote::inspect {

class MapReader {
 public:
  explicit MapReader(const HeapView& view) noexcept : view_{view} {}

  /// False when the process cannot be read.
  bool open() noexcept { return backing_.take(view_.peek, view_.anchor.backing); }

  const stats::Peek& peek() const noexcept { return view_.peek; }
  const AddressSpace& space() const noexcept { return backing_->pages.space(); }
  const HugeBlocks& huge() const noexcept { return backing_->huge; }
  bool is_orphan(const Slab& slab) const noexcept {
    return view_.anchor.abandoned_owner != nullptr &&
           slab.owner.load(std::memory_order_relaxed) == view_.anchor.abandoned_owner;
  }

  /// Calls `visit(const HeapCore& image, const HeapCore* at)` for each heap; false when one cannot be read.
  template <class Visit>
  bool for_each_heap(Visit&& visit) const {
    constexpr int kHeapsMax = 1 << 20;  // the list may lead in circles while it changes
    const HeapCore* at = view_.anchor.process;
    for (int i = 0; at != nullptr && i < kHeapsMax; ++i) {
      Image<HeapCore> core;
      if (!core.take(view_.peek, at)) return false;
      visit(*core, at);
      at = core->next;
      if (i == 0 && !view_.peek.read(view_.anchor.others, at)) return false;
    }
    return true;
  }

  /// Heaps by their own names, and what the list of names has of holders.
  std::vector<MapHolder> holders() const;

 private:
  void add_heaps(std::vector<MapHolder>& holders) const;
  void add_listed(std::vector<MapHolder>& holders) const;

  HeapView view_;
  Image<Backing> backing_;
};

/// Where it is among them; it joins them when it is not, up to what an index can tell apart.
std::uint16_t index_of(std::vector<MapHolder>& holders, const SlabHolder* holder);

/// A slab's numbers make sense: it lies in its units.
inline bool is_sound(const Slab& slab) noexcept {
  return slab.block_bytes != 0 && slab.units.count != 0 && slab.units.count <= kUnitsPerExtent &&
         slab.carved <= slab.frontier && slab.frontier <= slab.capacity &&
         std::size_t{slab.capacity} * slab.block_bytes <= bytes_of(slab.units);
}

}  // namespace cenote::inspect
