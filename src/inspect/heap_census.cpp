#include "inspect/heap_census.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include <cenote/detail/geometry.hpp>

#include "inspect/cached_blocks.hpp"
#include "inspect/image.hpp"

namespace cenote::inspect {
namespace {

using stats::Account, stats::Figure, stats::Kind;

// Lists in a process that goes on meanwhile may lead anywhere, and in circles.
constexpr int kHeapsMax = 1 << 20;

constexpr std::uint64_t kBytesOfState = 16;  // memory that a byte of a hardened heap's states speaks for

/// Moves so many bytes of blocks that count as live to another figure.
void move_from_live(Account& account, Figure to, std::uint64_t blocks, std::uint64_t block_bytes) noexcept {
  const std::uint64_t bytes = std::min(blocks * block_bytes, account[Figure::live]);
  account[Figure::live] -= bytes;
  account[to] += bytes;
  account[Figure::blocks_in_use] -= std::min(blocks, account[Figure::blocks_in_use]);
}

std::uint64_t bytes_in_units(std::uint64_t units) noexcept {
  return static_cast<std::uint64_t>(std::popcount(units)) << kUnitShift;
}

// Below so many samples the estimate says nothing: each may be off by half of its block.
constexpr std::uint64_t kSamplesMin = 16;

/// Parts live bytes by what the heap's samples have in common: bytes asked for, of bytes that their blocks
/// have.
void estimate_fragmentation(Account& account, const profile::HeapSamples& samples) noexcept {
  const std::uint64_t count = samples.count.load(std::memory_order_relaxed);
  const std::uint64_t usable = samples.usable_bytes.load(std::memory_order_relaxed);
  if (count < kSamplesMin || usable == 0) {
    account[Figure::fragmentation_unknown] = account[Figure::live];
    return;
  }
  const std::uint64_t asked = std::min(samples.asked_bytes.load(std::memory_order_relaxed), usable);
  const double share = static_cast<double>(usable - asked) / static_cast<double>(usable);
  const auto bytes = static_cast<std::uint64_t>(share * static_cast<double>(account[Figure::live]));
  account[Figure::live] -= bytes;
  account[Figure::internal_fragmentation] += bytes;
  account[Figure::fragmentation_samples] = count;
}

void count_free_units(const Extent& extent, Account& account) noexcept {
  account[Figure::empty_slabs] += bytes_in_units(extent.free & extent.dirty);
  account[Figure::untouched] += bytes_in_units(extent.free & ~extent.dirty);
}

}  // namespace

Account& HeapCensus::account_of(const SlabHolder* holder) noexcept {
  for (std::size_t i = 1; i < count_; ++i) {
    if (rows_[i].holder == holder) return rows_[i].account;
  }
  if (count_ == rows_.size()) {
    overflowed_ = true;
    return page_heap();
  }
  rows_[count_].holder = holder;
  return rows_[count_++].account;
}

bool HeapCensus::take() noexcept {
  rows_[0] = {.account = {.kind = Kind::page_heap, .name = "page heap"}};
  count_ = 1;
  Image<Backing> backing;
  if (!backing.take(peek_, anchor_.backing)) return false;
  space_ = &backing->pages.space();
  page_heap()[Figure::reserved] = space_->reserved_bytes();
  return count_regions(*space_) && count_huge(backing->huge) && count_heaps();
}

// --- heaps and the threads that use them -------------------------------------------------------------------

bool HeapCensus::count_heaps() noexcept {
  const HeapCore* next = nullptr;
  if (anchor_.process == nullptr) return true;  // a program that has slabs but no heap
  if (!count_heap(anchor_.process, next) || !peek_.read(anchor_.others, next)) return false;
  for (int i = 0; next != nullptr && i < kHeapsMax; ++i) {
    if (!count_heap(next, next)) return false;
  }
  return true;
}

bool HeapCensus::count_heap(const HeapCore* at, const HeapCore*& next) noexcept {
  Image<HeapCore> core;
  if (!core.take(peek_, at)) return false;
  Account& account = account_of(&at->central_pool);
  account.kind = Kind::heap;
  std::copy_n(core->name, stats::kNameMax, account.name);
  if (at == anchor_.process) std::strcpy(account.name, "malloc");
  account[Figure::limit] = core->central_pool.budget().limit();
  account.borrows = core->passed != nullptr;
  if (core->hardening != Hardening::trusting)
    account[Figure::metadata] += (account.committed() - account[Figure::untouched]) / kBytesOfState;
  const std::size_t caches = for_each_cached(peek_, *space_, *core, [&](const CachedBlocks& blocks) {
    move_from_live(account, Figure::thread_caches, blocks.count, blocks.block_bytes);
  });
  page_heap()[Figure::metadata] += caches * sizeof(ThreadCache);
  core->quarantine.for_each([&](const Quarantine::Entry& entry) { count_quarantined(entry, account); });
  estimate_fragmentation(account, core->samples);
  next = core->next;
  return true;
}

// Its slab says that such a block is in use.
void HeapCensus::count_quarantined(const Quarantine::Entry& entry, Account& account) const noexcept {
  const Slab* at = space_->descriptor_of(entry.block);
  Image<Slab> slab;
  if (at == nullptr || !slab.take(peek_, at)) return;
  if (slab->kind == UnitKind::interior && !slab.take(peek_, at = slab->head)) return;
  move_from_live(account, entry.is_fenced ? Figure::untouched : Figure::thread_caches, 1, slab->block_bytes);
}

// --- slabs and large blocks --------------------------------------------------------------------------------

bool HeapCensus::count_regions(const AddressSpace& space) noexcept {
  bool readable = true;
  space.for_each_region([&](const AddressRegion& region) {
    for (std::size_t i = region.first_extent(); readable && i < region.extent_count(); ++i) {
      Image<Extent> extent;
      alignas(Slab) std::byte descriptors[kUnitsPerExtent * sizeof(Slab)];
      readable = extent.take(peek_, region.extents() + i) &&
                 peek_.copy(extent->descriptors, descriptors, sizeof descriptors);
      if (readable) count_extent(*extent, descriptors);
    }
  });
  return readable;
}

void HeapCensus::count_extent(const Extent& extent, std::span<const std::byte> descriptors) noexcept {
  page_heap()[Figure::metadata] += sizeof(Extent);
  if (extent.is_released) return;
  count_free_units(extent, page_heap());
  for (unsigned unit = 0; unit < kUnitsPerExtent; ++unit) {
    if ((extent.free >> unit & 1) != 0) continue;
    const Slab& slab = *reinterpret_cast<const Slab*>(descriptors.data() + unit * sizeof(Slab));
    page_heap()[Figure::metadata] += sizeof(Slab);
    if (slab.kind == UnitKind::slab) count_slab(slab);
    if (slab.kind == UnitKind::large) count_large(slab);
  }
}

// Addresses of units that somebody has are that holder's: so committed <= reserved in each account.
void HeapCensus::reserve_for(Account& account, std::uint64_t bytes) noexcept {
  bytes = std::min(bytes, page_heap()[Figure::reserved]);
  page_heap()[Figure::reserved] -= bytes;
  account[Figure::reserved] += bytes;
}

void HeapCensus::count_slab(const Slab& slab) noexcept {
  Account& account = account_of(slab.holder);
  reserve_for(account, bytes_of(slab.units));
  const std::uint64_t bytes = slab.block_bytes;
  const std::uint32_t frontier = std::min(slab.frontier, slab.capacity);
  const std::uint32_t carved = std::min<std::uint32_t>(slab.carved, frontier);
  const std::uint32_t used = std::min(slab.used(), carved);
  const bool is_orphan = anchor_.abandoned_owner != nullptr &&
                         slab.owner.load(std::memory_order_relaxed) == anchor_.abandoned_owner;
  const Figure free = is_orphan ? Figure::orphans : used == 0 ? Figure::empty_slabs : Figure::partial_slabs;
  account[free] += (carved - used) * bytes;
  account[Figure::untouched] += (frontier - carved) * bytes;  // purged
  account[slab.clean ? Figure::untouched : free] += bytes_of(slab.units) - frontier * bytes;
  account[Figure::live] += used * bytes;
  account[Figure::blocks_in_use] += used;
  const Figure came_home = slab.remote_is_purged() ? Figure::untouched : Figure::thread_caches;
  move_from_live(account, came_home, std::min(slab.remote_count(), used), bytes);
}

void HeapCensus::count_large(const Slab& block) noexcept {
  Account& account = account_of(block.holder);
  const std::uint64_t units = bytes_of(block.units),
                      bytes = std::min<std::uint64_t>(block.block_bytes, units);
  reserve_for(account, units);
  account[Figure::live] += bytes;
  account[Figure::untouched] += units - bytes;
  ++account[Figure::blocks_in_use];
}

// --- huge blocks -------------------------------------------------------------------------------------------

bool HeapCensus::count_huge(const HugeBlocks& huge) noexcept {
  page_heap()[Figure::empty_slabs] += huge.kept_bytes();
  page_heap()[Figure::reserved] += huge.kept_bytes();
  page_heap()[Figure::metadata] += huge.table_slots() * sizeof(HugeBlock);
  for (std::size_t i = 0; i < huge.table_slots(); ++i) {
    HugeBlock block{};
    if (!peek_.read(huge.table() + i, block)) return false;
    if (block.start == nullptr || block.holder == nullptr) continue;
    Account& account = account_of(block.holder);
    account[Figure::live] += block.bytes;
    ++account[Figure::blocks_in_use];
    account[Figure::reserved] += block.bytes;
  }
  return true;
}

}  // namespace cenote::inspect
