#include <algorithm>
#include <new>

#include <cenote/detail/chunk_stack.hpp>

namespace cenote {

void ArenaChunk::note_setback(std::uintptr_t place, std::uint64_t time) noexcept {
  while (setbacks != 0 && setback(setbacks - 1)->place >= place) --setbacks;
  ::new (static_cast<void*>(setback(setbacks))) ArenaSetback{place, time};
  ++setbacks;
  setbacks_max = std::max(setbacks_max, setbacks);
}

// Of the setbacks since then the oldest went lowest.
bool ArenaChunk::stands(std::uintptr_t place, std::uint64_t since) const noexcept {
  if (opened > since) return false;
  std::uint32_t first = 0, last = setbacks;
  while (first != last) {
    const std::uint32_t middle = first + (last - first) / 2;
    if (setback(middle)->time > since)
      last = middle;
    else
      first = middle + 1;
  }
  return first == setbacks || setback(first)->place >= place;
}

}  // namespace cenote
