#include <algorithm>
#include <cstring>

#include <cenote/detail/address_space.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>

#include "engine/pages/user_limit.hpp"

namespace cenote {
namespace {

constexpr std::size_t kRegionBytesMax =
    std::size_t{1} << (sizeof(std::size_t) == 8 ? 38 : 28);  // 256 GiB cost 1.4 us to reserve
constexpr std::size_t kRegionBytesMin = kExtentBytes;
// From here on, an extent more of addresses costs nothing: aligned ones would take two to five system calls.
constexpr std::size_t kWideRegionBytes = std::size_t{1} << 30;

// Where addresses are limited, a region takes an eighth of them at most: thread stacks and huge blocks need
// theirs.
std::size_t wanted_region_bytes(std::size_t limit) noexcept {
  if (limit == SIZE_MAX) return kRegionBytesMax;
  const std::size_t share = std::bit_floor(limit / 8);
  return share < kRegionBytesMin ? kRegionBytesMin : share > kRegionBytesMax ? kRegionBytesMax : share;
}

os::Region whole_pages(std::byte* start, std::size_t bytes) noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t before = address_of(start) & (page - 1);
  return {start - before, align_up(bytes + before, page)};
}

os::Region pages_inside(std::byte* start, std::size_t bytes) noexcept {
  const std::size_t page = os::page_bytes();
  std::byte* const first = start + (align_up(address_of(start), page) - address_of(start));
  const std::size_t before = static_cast<std::size_t>(first - start);
  return {first, before < bytes ? (bytes - before) / page * page : 0};
}

}  // namespace

const AddressRegion* AddressSpace::region_of(const void* pointer) const noexcept {
  const std::uint32_t count = region_count();
  for (std::uint32_t i = 0; i < count; ++i) {
    const AddressRegion& region = region_at(i);
    std::size_t offset = 0;
    if (region.covers(pointer, offset)) return &region;
  }
  return nullptr;
}

Slab* AddressSpace::descriptor_in_others(const void* pointer) const noexcept {
  const AddressRegion* region = region_of(pointer);
  return region == nullptr ? nullptr : region->descriptor_at(region->offset_of(pointer));
}

std::atomic<BlockState>& AddressSpace::state_in_others(const void* pointer) const noexcept {
  const AddressRegion& region = *region_of(pointer);
  return *region.state_at(region.offset_of(pointer));
}

// At once for all extents of a region, since their states are adjacent.
bool AddressSpace::use_states(os::Memory& memory) noexcept {
  for (std::uint32_t i = 0; i < region_count(); ++i) {
    const AddressRegion& region = region_at(i);
    const std::size_t first = region.first_extent();
    if (region.extent_count() == first) continue;
    auto* const states = reinterpret_cast<std::byte*>(region.state_at(first << kExtentShift));
    const std::size_t bytes = ((region.extent_count() - first) << kExtentShift) / 16;
    if (!memory.commit(whole_pages(states, bytes))) return false;
  }
  has_states_.store(true, std::memory_order_release);
  return true;
}

void AddressSpace::forget_states(const std::byte* start, std::size_t bytes, bool clean) const noexcept {
  std::atomic<BlockState>* const states = &state_of(start);
  // Nobody else looks at states of unused units.
  if (!clean) std::memset(static_cast<void*>(states), 0, bytes / 16);
  CENOTE_ASSERT(std::all_of(states, states + bytes / 16,
                            [](const auto& state) { return state.load() == BlockState::never; }),
                "states of clean units");
}

// In pages above 4 KiB the states of a few units share one with those of others.
bool AddressSpace::purge_states(os::Region units, os::Memory& memory) const noexcept {
  if (!has_states_.load(std::memory_order_relaxed)) return true;
  auto* const start = reinterpret_cast<std::byte*>(&state_of(units.start));
  const os::Region pages = pages_inside(start, units.bytes / 16);
  if (pages.bytes != 0 && !memory.purge(pages)) return false;
  std::byte* const end = start + units.bytes / 16;
  std::memset(start, 0, static_cast<std::size_t>(std::min(pages.start, end) - start));
  if (pages.bytes != 0) std::memset(pages.end(), 0, static_cast<std::size_t>(end - pages.end()));
  return true;
}

bool AddressSpace::was_block_of(const SlabHolder& holder, const void* block) const noexcept {
  const Slab* const unit = descriptor_of(block);
  for (const Slab* const was : {unit, static_cast<const Slab*>(unit->head)}) {
    if (was == nullptr || was->holder != &holder || was->kind != UnitKind::unused) continue;
    const bool inside = address_of(block) - address_of(was->start) < bytes_of(was->units);
    if (inside && (was->carved != 0 ? was->is_block_start(block) : was->start == block)) return true;
  }
  return false;
}

Extent* AddressSpace::extent_of(const std::byte* unit) const noexcept {
  const AddressRegion& region = *region_of(unit);
  return region.extents() + (region.offset_of(unit) >> kExtentShift);
}

// `reserved` may have some addresses more than the region, whose size is a power of two.
bool AddressSpace::open_region(AddressRegion& region, os::Region reserved, bool limited,
                               os::Memory& memory) noexcept {
  region.base_address = align_up(address_of(reserved.start), kExtentBytes);
  region.bytes = std::bit_floor(reserved.bytes);
  const os::Region own = region.own_memory();
  region.is_sparse = limited && memory.release_part(own);
  if (!commit_tables(region, memory)) {
    if (region.is_sparse) {
      memory.release_part({reserved.start, static_cast<std::size_t>(own.start - reserved.start)});
      memory.release_part({own.end(), static_cast<std::size_t>(reserved.end() - own.end())});
    } else {
      memory.release(reserved);
    }
    region.base_address = AddressRegion::kNoBase;
    region.bytes = 0;
    return false;
  }
  region.limit.store(region.first_extent() << kExtentShift, std::memory_order_release);
  return true;
}

// The descriptors of the first extent, and of the tables in front of it: these are never written and read as
// unused units, so that a pointer into the tables is as foreign as any other.
bool AddressSpace::commit_tables(const AddressRegion& region, os::Memory& memory) noexcept {
  const std::size_t bytes = (region.first_extent() + 1) * kUnitsPerExtent << kDescriptorShift;
  return memory.commit(whole_pages(region.base(), bytes));
}

bool AddressSpace::has_units_at(const void* pointer) const noexcept {
  const AddressRegion* const region = region_of(pointer);
  return region != nullptr && region->offset_of(pointer) >> kExtentShift >= region->first_extent();
}

bool AddressSpace::add_region(os::Memory& memory) noexcept {
  const std::uint32_t count = region_count_.load(std::memory_order_relaxed);
  if (count == kRegionsMax) return false;
  const std::size_t user_limit = user_limit::look();
  const bool limited = user_limit != SIZE_MAX;
  // An attempt that fails under a limit says nothing about the next: much may be free by then.
  if (region_bytes_ == 0 || limited)
    region_bytes_ = wanted_region_bytes(std::min(user_limit, os::address_space_limit()));
  for (std::size_t bytes = region_bytes_; bytes >= kRegionBytesMin; bytes /= 2) {
    const os::Region reserved = bytes >= kWideRegionBytes
                                    ? memory.reserve(bytes + kExtentBytes, os::page_bytes())
                                    : memory.reserve(bytes, kExtentBytes);
    if (!reserved) continue;
    if (!open_region(region_at(count), reserved, limited, memory)) return false;
    region_bytes_ = bytes;
    region_count_.store(count + 1, std::memory_order_release);
    return true;
  }
  return false;
}

namespace {

bool commit_in_pages(os::Region extent, os::Memory& memory, Place& place) noexcept {
  if (place.pages() == PageKind::huge_2mib) {
    if (memory.commit_huge(extent, PageKind::huge_2mib)) return true;
    place = place.in_normal_pages();
  }
  if (!memory.commit(extent)) return false;
  if (place.pages() == PageKind::transparent_huge) memory.advise_huge(extent);
  return true;
}

}  // namespace

// The tables' parts for one extent. Its entry among the extents shares a page with those before it.
bool AddressSpace::commit_descriptors(const AddressRegion& region, std::size_t offset,
                                      os::Memory& memory) const noexcept {
  const std::size_t index = offset >> kExtentShift;
  const bool is_first = index == region.first_extent();
  auto* const entry = reinterpret_cast<std::byte*>(region.extents() + index);
  const os::Region entry_page = whole_pages(entry, sizeof(Extent));
  auto* const descriptors = reinterpret_cast<std::byte*>(region.descriptor_at(offset));
  auto* const states = reinterpret_cast<std::byte*>(region.state_at(offset));
  return ((entry_page.start != entry && !is_first) || memory.commit(entry_page)) &&
         (is_first || memory.commit(whole_pages(descriptors, kUnitsPerExtent << kDescriptorShift))) &&
         (!has_states() || memory.commit(whole_pages(states, kExtentBytes / 16)));
}

// Unless it is made, the extent is as it was. One with tables stays in normal pages, as they are.
os::Claim AddressSpace::open_extent(Extent& extent, bool must_claim, os::Memory& memory,
                                    Place place) noexcept {
  const os::Region own = extent.own_memory();
  if (must_claim) {
    const os::Claim claim = memory.claim(own);
    if (claim != os::Claim::made) return claim;
  }
  if (extent.has_tables()) place = place.in_normal_pages();
  if (!commit_in_pages(own, memory, place)) {
    if (must_claim) memory.release_part(own);
    return os::Claim::refused;
  }
  extent.free = extent.own_units();
  extent.longest_free = longest_run(extent.free);
  extent.place = place;
  extent.is_released = false;
  return os::Claim::made;
}

// Where other mappings have the addresses already, the extent counts as released, and the next one is tried.
Extent* AddressSpace::next_extent(AddressRegion& region, os::Memory& memory, Place place) noexcept {
  for (;;) {
    const std::size_t offset = region.limit.load(std::memory_order_relaxed);
    if (offset >= AddressRegion::states_offset(region.bytes) || !commit_descriptors(region, offset, memory))
      return nullptr;
    Extent& extent = region.extents()[offset >> kExtentShift];
    extent = {};
    extent.start = region.base() + offset;
    extent.descriptors = region.descriptor_at(offset);
    extent.header_units = static_cast<std::uint8_t>(units_for(region.header_bytes_from(offset)).count);
    extent.states_units = static_cast<std::uint8_t>(units_for(region.states_bytes_from(offset)).count);
    const os::Claim claim = open_extent(extent, region.is_sparse, memory, place);
    if (claim == os::Claim::refused) return nullptr;
    extent.is_released = claim == os::Claim::occupied;
    region.limit.store(offset + kExtentBytes, std::memory_order_release);
    if (!extent.is_released) return &extent;
    released_bytes_.fetch_add(extent.own_memory().bytes, std::memory_order_relaxed);
  }
}

Extent* AddressSpace::reclaim_released(os::Memory& memory, Place place) noexcept {
  Extent* found = nullptr;
  os::Claim claim = os::Claim::occupied;
  for_each_extent([&](Extent& extent) {
    if (claim != os::Claim::occupied || !extent.is_released) return;
    claim = open_extent(extent, true, memory, place);
    if (claim == os::Claim::made) found = &extent;
  });
  if (found != nullptr) released_bytes_.fetch_sub(found->own_memory().bytes, std::memory_order_relaxed);
  return found;
}

bool AddressSpace::release(Extent& extent, os::Memory& memory) noexcept {
  const os::Region own = extent.own_memory();
  if (!memory.release_part(own)) return false;
  if (!purge_states(own, memory)) forget_states(own.start, own.bytes);
  extent.free = extent.dirty = extent.recent = 0;
  extent.longest_free = 0;
  extent.is_released = true;
  released_bytes_.fetch_add(own.bytes, std::memory_order_relaxed);
  return true;
}

Extent* AddressSpace::grow(os::Memory& memory, Place place) noexcept {
  if (released_bytes_.load(std::memory_order_relaxed) != 0) {
    if (Extent* const extent = reclaim_released(memory, place)) return extent;
  }
  const std::uint32_t count = region_count_.load(std::memory_order_relaxed);
  if (count > 0) {
    AddressRegion& newest = region_at(count - 1);
    if (Extent* const extent = next_extent(newest, memory, place)) return extent;
    if (newest.limit.load(std::memory_order_relaxed) < AddressRegion::states_offset(newest.bytes))
      return nullptr;
  }
  if (!add_region(memory)) return nullptr;
  return next_extent(region_at(region_count_.load(std::memory_order_relaxed) - 1), memory, place);
}

std::size_t AddressSpace::reserved_bytes() const noexcept {
  std::size_t bytes = 0;
  for_each_region([&](const AddressRegion& region) {
    if (!region.is_sparse) bytes += region.bytes;
    if (region.is_sparse)
      bytes += std::max(region.limit.load(std::memory_order_relaxed),
                        align_up(region.header_bytes(region.bytes), kExtentBytes));
  });
  return bytes - released_bytes_.load(std::memory_order_relaxed);
}

}  // namespace cenote
