#include <algorithm>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/permanent_memory.hpp>
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

}  // namespace cenote::os
