// A memory of WebAssembly only grows, and all of it can be read and written. So whoever reserves grows it;
// what comes back waits for the next to reserve; and no page goes back to the system.

#include <bitset>
#include <cstring>

#include <cenote/detail/bits.hpp>
#include <cenote/memory_source.hpp>

#include "os/wasi/page.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kPagesMax = (std::size_t{1} << 31) / kPageBytes * 2;  // 4 GiB
using PageSet = std::bitset<kPagesMax>;

// Pages that were grown here: malloc grows the same memory for itself.
constinit PageSet g_idle{};       // nobody has reserved them
constinit PageSet g_committed{};  // in use
constinit PageSet g_stale{};      // not in use, and not zero

/// Numbers of pages: [first, end).
struct Pages {
  std::size_t first, end;
};

Pages pages_of(Region region) noexcept {
  const std::size_t first = address_of(region.start) / kPageBytes;
  return {first, first + region.bytes / kPageBytes};
}

Region region_of(Pages pages) noexcept {
  return {reinterpret_cast<std::byte*>(pages.first * kPageBytes), (pages.end - pages.first) * kPageBytes};
}

void set_all(PageSet& set, Pages pages, bool value) noexcept {
  for (std::size_t page = pages.first; page < pages.end; ++page) set[page] = value;
}

// The lowest idle pages that will do; none: first == end. O(pages of the memory).
Pages find_idle(std::size_t count, std::size_t alignment) noexcept {
  const std::size_t end = __builtin_wasm_memory_size(0);
  for (std::size_t first = 0; first + count <= end; first += alignment) {
    std::size_t next = first;
    while (next < first + count && g_idle[next]) ++next;
    if (next == first + count) return {first, next};
  }
  return {};
}

// What lies before the first aligned page is left idle.
Pages grow(std::size_t count, std::size_t alignment) noexcept {
  const std::size_t end = __builtin_wasm_memory_size(0);
  const std::size_t first = align_up(end, alignment);
  if (first + count >= kPagesMax) return {};  // an end of 4 GiB would read as 0
  if (__builtin_wasm_memory_grow(0, first + count - end) == SIZE_MAX) return {};
  set_all(g_idle, {end, first}, true);
  return {first, first + count};
}

void make_zero(std::size_t page) noexcept {
  std::memset(region_of({page, page + 1}).start, 0, kPageBytes);
  g_stale[page] = false;
}

}  // namespace

Region SystemMemory::reserve(std::size_t bytes, std::size_t alignment) noexcept {
  const std::size_t count = bytes / kPageBytes;
  const std::size_t aligned_to = ceil_div(alignment, kPageBytes);
  Pages pages = find_idle(count, aligned_to);
  if (pages.first == pages.end) pages = grow(count, aligned_to);
  if (pages.first == pages.end) return {};
  set_all(g_idle, pages, false);
  return region_of(pages);
}

bool SystemMemory::commit(Region region) noexcept {
  const Pages pages = pages_of(region);
  for (std::size_t page = pages.first; page < pages.end; ++page) {
    if (g_stale[page]) make_zero(page);
    g_committed[page] = true;
  }
  return true;
}

bool SystemMemory::commit_huge(Region, PageKind) noexcept { return false; }
bool SystemMemory::purge(Region) noexcept { return false; }

void SystemMemory::decommit(Region region) noexcept {
  const Pages pages = pages_of(region);
  for (std::size_t page = pages.first; page < pages.end; ++page) {
    if (!g_committed[page]) continue;
    g_committed[page] = false;
    g_stale[page] = true;
  }
}

void SystemMemory::release(Region region) noexcept {
  decommit(region);
  set_all(g_idle, pages_of(region), true);
}

bool SystemMemory::release_part(Region) noexcept { return false; }

Claim SystemMemory::claim(Region) noexcept { return Claim::refused; }

Region SystemMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const Region region = reserve(bytes, alignment);
  commit(region);
  return region;
}

Region SystemMemory::remap(Region, std::size_t) noexcept { return {}; }
bool SystemMemory::populate(Region) noexcept { return false; }
void SystemMemory::advise_huge(Region) noexcept {}
void SystemMemory::collapse(Region) noexcept {}

Memory* SystemMemory::with_pages(PageKind kind) noexcept {
  return kind == PageKind::normal || kind == PageKind::transparent_huge ? this : nullptr;
}

constinit SystemMemory g_system_memory{};

}  // namespace cenote::os
