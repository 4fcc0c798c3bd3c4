#include <cenote/arena/chunk_source.hpp>
#include <cenote/base/bits.hpp>
#include <cenote/os/system.hpp>

namespace cenote {
namespace {

constexpr std::size_t kTransparentPage = std::size_t{2} << 20;

os::Region map_transparent(os::Memory& memory, std::size_t bytes) noexcept {
  const os::Region chunk = memory.map(bytes, kTransparentPage);
  if (chunk) memory.advise_huge(chunk);
  return chunk;
}

// In whole reserved pages: what is given back is a multiple of theirs, and the system takes it from any memory of its own.
os::Region map_reserved(os::Memory& memory, std::size_t bytes, PageKind pages) noexcept {
  os::Memory* const huge = memory.with_pages(pages);
  return huge != nullptr ? huge->map(bytes, os::page_bytes()) : os::Region{};
}

ChunkSource::Chunk map(os::Memory& memory, std::size_t bytes, PageKind pages) noexcept {
  bytes = align_up(bytes, os::page_bytes());
  os::Region chunk{};
  if (pages == PageKind::transparent_huge && bytes >= kTransparentPage)
    chunk = map_transparent(memory, bytes);
  if (pages == PageKind::huge_2mib || pages == PageKind::huge_1gib)
    chunk = map_reserved(memory, bytes, pages);
  if (chunk) return {chunk, pages};
  return {memory.map(bytes, os::page_bytes())};
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
