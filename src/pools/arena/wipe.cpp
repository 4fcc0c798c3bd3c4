#include "pools/arena/wipe.hpp"

#include <algorithm>
#include <cstring>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>

namespace cenote {
namespace {

void zero(std::uintptr_t from, std::uintptr_t to) noexcept {
  if (from < to) std::memset(reinterpret_cast<void*>(from), 0, to - from);
}

}  // namespace

void wipe(std::uintptr_t from, std::uintptr_t to, Scrub scrub, os::Memory* memory,
          os::Region region) noexcept {
  if (scrub == Scrub::none || from >= to) return;
  const std::size_t page = os::page_bytes();
  // What follows in the last page is the arena's too, and free.
  const std::uintptr_t first = align_up(from, page);
  const std::uintptr_t end = std::min<std::uintptr_t>(align_up(to, page), address_of(region.end()));
  if (scrub == Scrub::decommit && memory != nullptr && first < end &&
      memory->purge({reinterpret_cast<std::byte*>(first), end - first})) {
    to = first;
  }
  zero(from, to);
}

}  // namespace cenote
