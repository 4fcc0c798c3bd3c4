#include <cenote/detail/bits.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

namespace cenote {

// A limit or the system may have room for less than what would be best.
Result<ChunkSource::Chunk> ChunkSource::map(std::size_t least, std::size_t wanted,
                                            PageKind pages) const noexcept {
  const Result<Chunk> best = map_exactly(wanted, pages);
  return best || wanted <= least ? best : map_exactly(least, pages);
}

// Huge pages may be more than what was asked for.
Result<ChunkSource::Chunk> ChunkSource::map_exactly(std::size_t bytes, PageKind pages) const noexcept {
  const std::size_t page = os::page_bytes(), whole = align_up(bytes, page);
  if (!budget_->charge_unreported(whole)) return AllocError::limit_reached;
  const os::PagedRegion mapped = os::map_in_pages(*memory(), pages, whole, page);
  const bool is_charged = mapped.region && budget_->charge_unreported(mapped.region.bytes - whole);
  if (is_charged) return Chunk{mapped.region, mapped.pages.kind};
  if (mapped.region) memory()->release(mapped.region);
  budget_->uncharge(whole);
  return mapped.region ? AllocError::limit_reached : AllocError::out_of_memory;
}

void ChunkSource::unmap(os::Region chunk) const noexcept {
  memory()->release(chunk);
  budget_->uncharge(chunk.bytes);
}

}  // namespace cenote
