#include <cenote/arena/chunk_source.hpp>
#include <cenote/base/bits.hpp>
#include <cenote/os/system.hpp>

namespace cenote {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

os::Region map(os::Memory& memory, std::size_t bytes, PageKind pages) noexcept {
  const bool huge = pages == PageKind::transparent_huge && bytes >= kHugePage;
  const os::Region chunk = memory.map(align_up(bytes, os::page_bytes()), huge ? kHugePage : os::page_bytes());
  if (chunk && huge) memory.advise_huge(chunk);
  return chunk;
}

// The system may have room for less than what would be best.
Result<os::Region> map_chunk(void* upstream, std::size_t least, std::size_t wanted, PageKind pages) noexcept {
  auto& memory = *static_cast<os::Memory*>(upstream);
  os::Region chunk = map(memory, wanted, pages);
  if (!chunk && wanted > least) chunk = map(memory, least, pages);
  if (!chunk) return AllocError::out_of_memory;
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
