#include <cstring>

#include <cenote/os/system.hpp>
#include <cenote/pool/address_space.hpp>

namespace cenote {
namespace {

constexpr std::size_t kRegionBytesMax =
    std::size_t{1} << (sizeof(std::size_t) == 8 ? 38 : 28);  // 256 GiB cost 1.4 us to reserve
constexpr std::size_t kRegionBytesMin = std::size_t{8} << 20;
// From here on an extent's addresses more are nothing: aligned ones would take the system two to five calls.
constexpr std::size_t kWideRegionBytes = std::size_t{1} << 30;

// Where the user bounds addresses, a region takes an eighth of the bound at most: thread stacks and huge blocks need theirs.
std::size_t wanted_region_bytes() noexcept {
  const std::size_t limit = os::address_space_limit();
  if (limit == SIZE_MAX) return kRegionBytesMax;
  const std::size_t share = std::bit_floor(limit / 8);
  return share < kRegionBytesMin ? kRegionBytesMin : share > kRegionBytesMax ? kRegionBytesMax : share;
}

os::Region whole_pages(std::byte* start, std::size_t bytes) noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t before = address_of(start) & (page - 1);
  return {start - before, align_up(bytes + before, page)};
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

void AddressSpace::forget_states(const std::byte* start, std::size_t bytes) const noexcept {
  std::memset(static_cast<void*>(&state_of(start)), 0,
              bytes / 16);  // nobody else looks at states of unused units
}

Extent* AddressSpace::extent_of(const std::byte* unit) const noexcept {
  const AddressRegion& region = *region_of(unit);
  return region.extents() + (region.offset_of(unit) >> kExtentShift);
}

// `reserved` may have some addresses more than the region, whose size is a power of two.
bool AddressSpace::open_region(AddressRegion& region, os::Region reserved, os::Memory& memory) noexcept {
  region.base =
      reserved.start + (align_up(address_of(reserved.start), kExtentBytes) - address_of(reserved.start));
  region.bytes = std::bit_floor(reserved.bytes);
  if (!commit_tables(region, memory)) {
    region.base = nullptr;
    region.bytes = 0;
    memory.release(reserved);
    return false;
  }
  region.limit.store(region.first_extent() << kExtentShift, std::memory_order_release);
  return true;
}

// The descriptors of the first extent, and of the tables in front of it: these are never written and read as unused units, so that a
// pointer into the tables is as foreign as any other.
bool AddressSpace::commit_tables(const AddressRegion& region, os::Memory& memory) noexcept {
  const std::size_t bytes = (region.first_extent() + 1) * kUnitsPerExtent << kDescriptorShift;
  return memory.commit(whole_pages(region.base, bytes));
}

bool AddressSpace::has_units_at(const void* pointer) const noexcept {
  const AddressRegion* const region = region_of(pointer);
  return region != nullptr && region->offset_of(pointer) >> kExtentShift >= region->first_extent();
}

bool AddressSpace::add_region(os::Memory& memory) noexcept {
  const std::uint32_t count = region_count_.load(std::memory_order_relaxed);
  if (count == kRegionsMax) return false;
  if (region_bytes_ == 0) region_bytes_ = wanted_region_bytes();
  for (std::size_t bytes = region_bytes_; bytes >= kRegionBytesMin; bytes /= 2) {
    const os::Region reserved = bytes >= kWideRegionBytes
                                    ? memory.reserve(bytes + kExtentBytes, os::page_bytes())
                                    : memory.reserve(bytes, kExtentBytes);
    if (!reserved) continue;
    if (!open_region(region_at(count), reserved, memory)) return false;
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

// The tables' parts for one extent, then the extent itself. Its entry among the extents shares a page with those before it.
bool AddressSpace::commit_extent(const AddressRegion& region, std::size_t offset, os::Memory& memory,
                                 Place& place) noexcept {
  const std::size_t index = offset >> kExtentShift;
  const bool is_first = index == region.first_extent();
  auto* const entry = reinterpret_cast<std::byte*>(region.extents() + index);
  const os::Region entry_page = whole_pages(entry, sizeof(Extent));
  auto* const descriptors = reinterpret_cast<std::byte*>(region.descriptor_at(offset));
  auto* const states = reinterpret_cast<std::byte*>(region.state_at(offset));
  return ((entry_page.start != entry && !is_first) || memory.commit(entry_page)) &&
         (is_first || memory.commit(whole_pages(descriptors, kUnitsPerExtent << kDescriptorShift))) &&
         memory.commit(whole_pages(states, kExtentBytes / 16)) &&
         commit_in_pages({region.base + offset, kExtentBytes}, memory, place);
}

Extent* AddressSpace::next_extent(AddressRegion& region, os::Memory& memory, Place place) noexcept {
  const std::size_t offset = region.limit.load(std::memory_order_relaxed);
  if (offset >= AddressRegion::states_offset(region.bytes)) return nullptr;
  const Units header = units_for(region.header_bytes_from(offset));
  const Units states = units_for(region.states_bytes_from(offset));
  if (header.count + states.count != 0) place = place.in_normal_pages();  // the tables are there already
  if (!commit_extent(region, offset, memory, place)) return nullptr;
  Extent& extent = region.extents()[offset >> kExtentShift];
  extent = {};
  extent.free = bit_run(header.count, kUnitsPerExtent - header.count - states.count);
  extent.start = region.base + offset;
  extent.descriptors = region.descriptor_at(offset);
  extent.longest_free = longest_run(extent.free);
  extent.place = place;
  region.limit.store(offset + kExtentBytes, std::memory_order_release);
  return &extent;
}

Extent* AddressSpace::grow(os::Memory& memory, Place place) noexcept {
  const std::uint32_t count = region_count_.load(std::memory_order_relaxed);
  if (count > 0) {
    AddressRegion& newest = region_at(count - 1);
    if (newest.limit.load(std::memory_order_relaxed) < AddressRegion::states_offset(newest.bytes))
      return next_extent(newest, memory, place);
  }
  if (!add_region(memory)) return nullptr;
  return next_extent(region_at(region_count_.load(std::memory_order_relaxed) - 1), memory, place);
}

std::size_t AddressSpace::reserved_bytes() const noexcept {
  std::size_t bytes = 0;
  for_each_region([&](const AddressRegion& region) { bytes += region.bytes; });
  return bytes;
}

}  // namespace cenote
