#include <algorithm>

#include <cenote/os/paged_region.hpp>

namespace cenote::os {
namespace {

constexpr std::size_t kTransparentPage = std::size_t{2} << 20;

PagedRegion reserve_of_kind(Memory& memory, PageKind wanted, std::size_t bytes,
                            std::size_t alignment) noexcept {
  if (wanted == PageKind::transparent_huge && bytes >= kTransparentPage) {
    const Region region = memory.reserve(bytes, std::max(alignment, kTransparentPage));
    if (region) memory.advise_huge(region);
    if (region) return {region, &memory, {wanted}};
  } else if (wanted == PageKind::huge_2mib || wanted == PageKind::huge_1gib) {
    Memory* const huge = memory.with_pages(wanted);
    const Region region = huge != nullptr ? huge->reserve(bytes, alignment) : Region{};
    if (region) return {region, huge, {wanted}};
  }
  Memory* const normal = memory.with_pages(PageKind::normal);
  return {normal->reserve(bytes, alignment), normal, {}};
}

}  // namespace

PagedRegion reserve_in_pages(Memory& memory, Pages wanted, std::size_t bytes, std::size_t alignment,
                             Numa& numa) noexcept {
  PagedRegion reserved = reserve_of_kind(memory, wanted.kind, bytes, alignment);
  if (!reserved.region || wanted.node == any_numa_node) return reserved;
  if (numa.bind(reserved.region, NodeSet::of(wanted.node), Placement::preferred))
    reserved.pages.node = wanted.node;
  return reserved;
}

Region map_in_pages(Memory& memory, PageKind wanted, std::size_t bytes, std::size_t alignment,
                    PageKind* got) noexcept {
  Region region{};
  if (wanted == PageKind::transparent_huge && bytes >= kTransparentPage) {
    region = memory.map(bytes, std::max(alignment, kTransparentPage));
    if (region) memory.advise_huge(region);
  } else if (wanted == PageKind::huge_2mib || wanted == PageKind::huge_1gib) {
    Memory* const huge = memory.with_pages(wanted);
    if (huge != nullptr) region = huge->map(bytes, alignment);
  }
  if (got != nullptr) *got = region ? wanted : PageKind::normal;
  return region ? region : memory.map(bytes, alignment);
}

bool has_memory(int node) noexcept {
  return node == any_numa_node || numa::topology().memory_nodes().contains(node);
}

}  // namespace cenote::os
