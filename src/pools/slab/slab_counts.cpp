/// Statistics of a slab allocator, and whether all that it knows agrees.
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/slab_core.hpp>
#include <cenote/slab_allocator.hpp>

namespace cenote {

std::size_t SlabCore::blocks_in_use() const noexcept {
  std::size_t blocks = large_blocks_;
  for_each_held([&](const Slab& slab) { blocks += slab.kind == UnitKind::slab ? slab.used() : 0; });
  return blocks;
}

std::size_t SlabCore::requested_in(const Slab& slab) const noexcept {
  const unsigned shift = bins_[slab.size_class.index].slack_shift;
  const std::uint8_t* const notes = space_.notes_of(slab.start);
  std::size_t bytes = 0;
  for (std::size_t offset = 0, i = 0; i < slab.carved; ++i, offset += slab.block_bytes) {
    const std::uint8_t note = notes[offset >> 4];
    if ((note & slab_note::live_bit(offset)) == 0) continue;
    const std::size_t slack = static_cast<std::size_t>(note >> slab_note::kSlackShift) << shift;
    bytes += slab.block_bytes - slack;
  }
  return bytes;
}

namespace {

void add(SlabUsage& sum, const SlabUsage& part) noexcept {
  sum.slabs_full += part.slabs_full;
  sum.slabs_partial += part.slabs_partial;
  sum.slabs_empty += part.slabs_empty;
  sum.blocks_in_use += part.blocks_in_use;
  sum.bytes_in_use += part.bytes_in_use;
  sum.bytes_requested += part.bytes_requested;
  sum.bytes_of_slabs += part.bytes_of_slabs;
}

void add_slab_to(SlabUsage& usage, const Slab& slab, std::size_t requested) noexcept {
  const std::size_t used = slab.used();
  ++(used == 0 ? usage.slabs_empty : used == slab.capacity ? usage.slabs_full : usage.slabs_partial);
  usage.blocks_in_use += used;
  usage.bytes_in_use += used * slab.block_bytes;
  usage.bytes_requested += requested;
  usage.bytes_of_slabs += bytes_of(slab.units);
}

/// The share of `whole` that `used` leaves over; 0 of nothing.
double share_lost(std::size_t used, std::size_t whole) noexcept {
  return whole == 0 ? 0.0 : 1.0 - static_cast<double>(used) / static_cast<double>(whole);
}

void set_fragmentation(SlabUsage& usage) noexcept {
  usage.internal_fragmentation = share_lost(usage.bytes_requested, usage.bytes_in_use);
  usage.external_fragmentation = share_lost(usage.bytes_in_use, usage.bytes_of_slabs);
}

}  // namespace

void SlabCore::read(SlabStats& stats) const noexcept {
  stats.classes.resize(class_count_);
  for_each_held([&](const Slab& slab) {
    if (slab.kind != UnitKind::slab) return;
    add_slab_to(stats.classes[slab.size_class.index], slab, requested_in(slab));
  });
  for (std::size_t c = 0; c < class_count_; ++c) {
    SlabClassStats& of_class = stats.classes[c];
    of_class.size = bins_[c].block_bytes;
    of_class.allocations = bins_[c].allocations;
    set_fragmentation(of_class);
    add(stats, of_class);
    stats.allocations += of_class.allocations;
  }
  set_fragmentation(stats);
  stats.name = name_;
  stats.large_blocks = large_blocks_;
  stats.large_bytes = large_bytes_;
  stats.bytes_held = budget_.held();
  stats.limit_bytes = budget_.limit();
  stats.pages = granted_;
  stats.allocations += large_allocations_;
  stats.deallocations = stats.allocations - stats.blocks_in_use - large_blocks_;
  stats.failures = failures_;
}

void SlabCore::check_invariants() const noexcept {
  std::size_t bytes = 0;
  for_each_held([&](const Slab& slab) {
    CENOTE_CHECK(slab.holder == this, "a slab that names another holder");
    bytes += bytes_of(slab.units);
    if (slab.kind != UnitKind::slab) return;
    slab.check_invariants();
    std::uint32_t live = 0;
    const std::uint8_t* const notes = space_.notes_of(slab.start);
    for (std::size_t offset = 0; offset < bytes_of(slab.units); offset += 16) {
      constexpr unsigned kEither = slab_note::live_bit(0) | slab_note::live_bit(8);
      if ((notes[offset >> 4] & kEither) == 0) continue;  // most of them
      for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
        if ((notes[offset >> 4] & slab_note::live_bit(half)) == 0) continue;
        CENOTE_CHECK(slab.is_block_start(slab.start + offset + half), "a note of a block where none starts");
        ++live;
      }
    }
    CENOTE_CHECK(live == slab.used(), "blocks in use without a note, or free ones with one");
  });
  for (std::size_t c = 0; c < class_count_; ++c) bins_[c].check_invariants();
  CENOTE_CHECK(bytes <= budget_.held(), "bytes held miscounted");
  CENOTE_CHECK(budget_.limit() == 0 || budget_.held() <= budget_.limit(), "the limit is passed");
}

}  // namespace cenote
