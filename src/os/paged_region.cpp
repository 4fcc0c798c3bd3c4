#include <algorithm>

#include <cenote/os/memory.hpp>

namespace cenote::os {
namespace {

constexpr std::size_t kTransparentPage = std::size_t{2} << 20;

}  // namespace

PagedRegion reserve_in_pages(Memory& memory, PageKind wanted, std::size_t bytes,
                             std::size_t alignment) noexcept {
  if (wanted == PageKind::transparent_huge && bytes >= kTransparentPage) {
    const Region region = memory.reserve(bytes, std::max(alignment, kTransparentPage));
    if (region) memory.advise_huge(region);
    if (region) return {region, &memory, wanted};
  } else if (wanted == PageKind::huge_2mib || wanted == PageKind::huge_1gib) {
    Memory* const huge = memory.with_pages(wanted);
    const Region region = huge != nullptr ? huge->reserve(bytes, alignment) : Region{};
    if (region) return {region, huge, wanted};
  }
  Memory* const normal = memory.with_pages(PageKind::normal);
  return {normal->reserve(bytes, alignment), normal, PageKind::normal};
}

}  // namespace cenote::os
