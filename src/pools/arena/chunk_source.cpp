#include <cenote/detail/bits.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

namespace cenote {
namespace {

ChunkSource::Chunk map(os::Memory& memory, std::size_t bytes, PageKind wanted) noexcept {
  const std::size_t page = os::page_bytes();
  const os::PagedRegion mapped = os::map_in_pages(memory, wanted, align_up(bytes, page), page);
  return {mapped.region, mapped.pages.kind};
}

// The system may have room for less than what would be best.
Result<ChunkSource::Chunk> map_chunk(void* upstream, std::size_t least, std::size_t wanted,
                                     PageKind pages) noexcept {
  auto& memory = *static_cast<os::Memory*>(upstream);
  ChunkSource::Chunk chunk = map(memory, wanted, pages);
  if (!chunk.region && wanted > least) chunk = map(memory, least, pages);
  if (!chunk.region) return AllocError::out_of_memory;
  return chunk;
}

void unmap_chunk(void* upstream, os::Region chunk) noexcept {
  static_cast<os::Memory*>(upstream)->release(chunk);
}

}  // namespace

ChunkSource::ChunkSource(os::Memory& memory) noexcept : upstream_{&memory} {
  static constexpr Calls kCalls{&map_chunk, &unmap_chunk};
  calls_ = &kCalls;
}

os::Memory* ChunkSource::memory() const noexcept {
  return calls_->take == &map_chunk ? static_cast<os::Memory*>(upstream_) : nullptr;
}

}  // namespace cenote
