#include "os/linux/huge_memory.hpp"

#include <sys/mman.h>

#include <cerrno>

#include <cenote/detail/bits.hpp>

#include "os/linux/small_file.hpp"

// Values of <linux/mman.h> that older C libraries lack.
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000  // Linux 4.17
#endif

namespace cenote::os {

int HugeMemory::flags() const noexcept {
  return MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | static_cast<int>(page_shift_ << MAP_HUGE_SHIFT);
}

Region HugeMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepErrno keep;
  if (bytes > SIZE_MAX - page()) return {};
  bytes = align_up(bytes, page());
  return alignment <= page() ? map_anywhere(bytes) : map_aligned(bytes, alignment);
}

Region HugeMemory::map_anywhere(std::size_t bytes) const noexcept {
  void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags(), -1, 0);
  if (start == MAP_FAILED) return {};
  return {static_cast<std::byte*>(start), bytes};
}

// To ask for more and give the ends back would take huge pages that are not there. So a place is looked for
// that is free, and asked for by its address; another thread may have it first.
Region HugeMemory::map_aligned(std::size_t bytes, std::size_t alignment) const noexcept {
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    const Region place = g_system_memory.reserve(bytes, alignment);
    if (!place) return {};
    g_system_memory.release(place);
    void* const start =
        ::mmap(place.start, bytes, PROT_READ | PROT_WRITE, flags() | MAP_FIXED_NOREPLACE, -1, 0);
    if (start == place.start) return place;
    if (start != MAP_FAILED) ::munmap(start, bytes);  // a kernel before 4.17, which took it for a hint
    if (start == MAP_FAILED && errno != EEXIST) return {};
  }
  return {};
}

// Mapped over the place at once, a failure would leave a hole that others fall into: so the pages come first,
// and are moved there.
bool HugeMemory::commit_at(Region region) noexcept {
  const KeepErrno keep;
  if (!is_whole(region) || !can_move_pages()) return false;
  const Region pages = map_anywhere(region.bytes);
  if (!pages) return false;
  if (::mremap(pages.start, pages.bytes, pages.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, region.start) !=
      MAP_FAILED)
    return true;
  release(pages);
  return false;
}

// Linux before 5.16 does not move them, and finds out too late. So it is tried first where nothing can be
// lost.
bool HugeMemory::can_move_pages() noexcept {
  if (const Answer known = can_move_.load(std::memory_order_relaxed); known != Answer::unknown)
    return known == Answer::yes;
  const Region pages = map_anywhere(page());
  if (!pages) return false;
  const Region place = g_system_memory.reserve(page(), page());
  const bool moved = place && ::mremap(pages.start, page(), page(), MREMAP_MAYMOVE | MREMAP_FIXED,
                                       place.start) != MAP_FAILED;
  release(moved ? place : pages);
  can_move_.store(moved ? Answer::yes : Answer::no, std::memory_order_relaxed);
  return moved;
}

bool HugeMemory::is_whole(Region region) const noexcept {
  return is_aligned(region.start, page()) && region.bytes % page() == 0;
}

void HugeMemory::release(Region region) noexcept {
  const KeepErrno keep;
  ::munmap(region.start, align_up(region.bytes, page()));
}

bool HugeMemory::populate(Region region) noexcept {
  const std::size_t before = address_of(region.start) % page();
  return g_system_memory.populate({region.start - before, align_up(before + region.bytes, page())});
}

constinit HugeMemory g_huge_2mib_memory{21}, g_huge_1gib_memory{30};

}  // namespace cenote::os
