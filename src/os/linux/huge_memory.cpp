#include "os/linux/huge_memory.hpp"

#include <sys/mman.h>

#include <algorithm>

#include <cenote/base/bits.hpp>

#include "os/linux/keep_errno.hpp"

// A value of <linux/mman.h> that older C libraries lack.
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

namespace cenote::os {

// Addresses first, which cost no huge page and may be aligned to more than one.
Region HugeMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepErrno keep;
  if (bytes > SIZE_MAX - page()) return {};
  const Region addresses = g_system_memory.reserve(align_up(bytes, page()), std::max(alignment, page()));
  if (!addresses) return {};
  const int flags =
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB | static_cast<int>(page_shift_ << MAP_HUGE_SHIFT);
  if (::mmap(addresses.start, addresses.bytes, PROT_READ | PROT_WRITE, flags, -1, 0) != MAP_FAILED)
    return addresses;
  g_system_memory.release(addresses);
  return {};
}

bool HugeMemory::is_whole(Region region) const noexcept {
  return is_aligned(region.start, page()) && region.bytes % page() == 0;
}

// Linux before 5.18 refuses it for huge pages.
bool HugeMemory::purge(Region region) noexcept {
  const KeepErrno keep;
  return is_whole(region) && ::madvise(region.start, region.bytes, MADV_DONTNEED) == 0;
}

void HugeMemory::decommit(Region region) noexcept { static_cast<void>(purge(region)); }

void HugeMemory::release(Region region) noexcept {
  const KeepErrno keep;
  ::munmap(region.start, align_up(region.bytes, page()));
}

void HugeMemory::populate(Region region) noexcept {
  const std::size_t before = address_of(region.start) % page();
  g_system_memory.populate({region.start - before, align_up(before + region.bytes, page())});
}

constinit HugeMemory g_huge_2mib_memory{21}, g_huge_1gib_memory{30};

}  // namespace cenote::os
