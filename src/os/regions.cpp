#include <algorithm>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

namespace cenote::os {
namespace {

constexpr std::size_t kAlignment = 2 * kCacheLine;  // neighbours are not prefetched together
constexpr std::size_t kChunk = std::size_t{64} * 1024;

}  // namespace

void* PermanentMemory::allocate(std::size_t bytes) noexcept {
  bytes = align_up(bytes, kAlignment);
  if (rest_.bytes < bytes) {
    const std::size_t page = page_bytes();
    const Region fresh = g_system_memory.map(align_up(std::max(bytes, kChunk), page), page);
    if (!fresh) return nullptr;
    rest_ = fresh;
  }
  void* const block = rest_.start;
  rest_ = {rest_.start + bytes, rest_.bytes - bytes};
  return block;
}

namespace {

constexpr std::size_t kTransparentPage = std::size_t{2} << 20;

// `take`: reserve or map.
using Take = Region (Memory::*)(std::size_t bytes, std::size_t alignment) noexcept;

PagedRegion take_in_pages(Take take, Memory& memory, PageKind wanted, std::size_t bytes,
                          std::size_t alignment) noexcept {
  if (wanted == PageKind::transparent_huge && bytes >= kTransparentPage) {
    const Region region = (memory.*take)(bytes, std::max(alignment, kTransparentPage));
    if (region) memory.advise_huge(region);
    if (region) return {region, &memory, {wanted}};
  } else if (wanted == PageKind::huge_2mib || wanted == PageKind::huge_1gib) {
    Memory* const huge = memory.with_pages(wanted);
    const Region region = huge != nullptr ? (huge->*take)(bytes, alignment) : Region{};
    if (region) return {region, huge, {wanted}};
  }
  Memory* const normal = memory.with_pages(PageKind::normal);
  return {(normal->*take)(bytes, alignment), normal, {}};
}

}  // namespace

PagedRegion reserve_in_pages(Memory& memory, Pages wanted, std::size_t bytes, std::size_t alignment,
                             Numa& numa) noexcept {
  PagedRegion reserved = take_in_pages(&Memory::reserve, memory, wanted.kind, bytes, alignment);
  if (!reserved.region || wanted.node == any_numa_node) return reserved;
  if (numa.bind(reserved.region, NodeSet::of(wanted.node), Placement::preferred))
    reserved.pages.node = wanted.node;
  return reserved;
}

PagedRegion map_in_pages(Memory& memory, PageKind wanted, std::size_t bytes, std::size_t alignment) noexcept {
  return take_in_pages(&Memory::map, memory, wanted, bytes, alignment);
}

bool has_memory(int node) noexcept {
  return node == any_numa_node || numa::topology().memory_nodes().contains(node);
}

}  // namespace cenote::os
