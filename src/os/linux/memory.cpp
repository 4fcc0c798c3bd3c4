#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "os/linux/huge_memory.hpp"
#include "os/linux/small_file.hpp"
#include "os/probe.hpp"

// Values of <linux/mman.h> that older C libraries lack; the kernel answers EINVAL where it is older still.
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1  // Linux 4.4
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000  // Linux 4.17; before, the address is a hint
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24  // Linux 5.18
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1
#endif

namespace cenote::os {
namespace {

Region map_pages(std::size_t bytes, int protection, int flags) noexcept {
  void* start = ::mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  if (start == MAP_FAILED) return {};
  CENOTE_PROBE(map, start, bytes);
  return {static_cast<std::byte*>(start), bytes};
}

void unmap(std::byte* start, std::size_t bytes) noexcept {
  if (bytes != 0) ::munmap(start, bytes);
}

// mmap aligns to pages only: reserve more, release the ends, and then allow access. So the system needs
// memory for `bytes` alone, also where it is locked or committed at once, and not for `alignment`.
Region map_aligned(std::size_t bytes, std::size_t alignment, int protection, int flags) noexcept {
  if (bytes + alignment < bytes) return {};
  Region exact = map_pages(bytes, protection, flags);
  if (!exact || is_aligned(exact.start, alignment)) return exact;
  unmap(exact.start, exact.bytes);
  const Region wide = map_pages(bytes + alignment, PROT_NONE, flags | MAP_NORESERVE);
  if (!wide) return {};
  std::byte* start = wide.start + (align_up(address_of(wide.start), alignment) - address_of(wide.start));
  unmap(wide.start, static_cast<std::size_t>(start - wide.start));
  unmap(start + bytes, static_cast<std::size_t>(wide.end() - (start + bytes)));
  if (protection == PROT_NONE || ::mprotect(start, bytes, protection) == 0) return {start, bytes};
  unmap(start, bytes);
  return {};
}

// Whether new memory is locked, by mlockall(MCL_FUTURE). The kernel refuses MADV_DONTNEED there; where
// nothing was touched, it does nothing.
bool is_locked(Region fresh) noexcept {
  return ::madvise(fresh.start, page_bytes(), MADV_DONTNEED) != 0 && errno == EINVAL;
}

// What is committed later would get all its pages at once, also tables and extents of which little is used.
// Now a page is locked as soon as it is touched. A kernel before 4.4 knows no such locks; then it stays as it
// was.
void lock_on_touch(Region region) noexcept {
  static_cast<void>(::syscall(SYS_mlock2, region.start, region.bytes, MLOCK_ONFAULT));
}

}  // namespace

Region SystemMemory::reserve(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepErrno keep;
  const Region region = map_aligned(bytes, alignment, PROT_NONE, MAP_NORESERVE);
  if (region && is_locked(region)) lock_on_touch(region);
  return region;
}

bool SystemMemory::commit(Region region) noexcept {
  const KeepErrno keep;
  return ::mprotect(region.start, region.bytes, PROT_READ | PROT_WRITE) == 0;
}

bool SystemMemory::commit_huge(Region region, PageKind kind) noexcept {
  switch (kind) {
    case PageKind::huge_2mib:
      return g_huge_2mib_memory.commit_at(region);
    case PageKind::huge_1gib:
      return g_huge_1gib_memory.commit_at(region);
    case PageKind::normal:
    case PageKind::transparent_huge:
      break;
  }
  return false;
}

// MADV_DONTNEED and not MADV_FREE: resident memory falls at once, and the pages are known to be zero. It
// refuses locked memory; what takes it stays locked, and has pages again when it is touched.
bool SystemMemory::purge(Region region) noexcept {
  const KeepErrno keep;
  CENOTE_PROBE(purge, region.start, region.bytes);
  if (::madvise(region.start, region.bytes, MADV_DONTNEED) == 0) return true;
  return errno == EINVAL && ::madvise(region.start, region.bytes, MADV_DONTNEED_LOCKED) == 0;
}

// A fresh PROT_NONE mapping in place also gives back what strict overcommit accounting charged.
void SystemMemory::decommit(Region region) noexcept {
  const KeepErrno keep;
  static_cast<void>(::mmap(region.start, region.bytes, PROT_NONE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0));
  if (is_locked(region)) lock_on_touch(region);
}

void SystemMemory::release(Region region) noexcept {
  const KeepErrno keep;
  unmap(region.start, region.bytes);
}

bool SystemMemory::release_part(Region region) noexcept {
  const KeepErrno keep;
  return ::munmap(region.start, region.bytes) == 0;
}

Claim SystemMemory::claim(Region region) noexcept {
  const KeepErrno keep;
  void* const start = ::mmap(region.start, region.bytes, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (start == region.start) return Claim::made;
  if (start == MAP_FAILED) return errno == EEXIST ? Claim::occupied : Claim::refused;
  ::munmap(start, region.bytes);
  return Claim::occupied;
}

Region SystemMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepErrno keep;
  return map_aligned(bytes, alignment, PROT_READ | PROT_WRITE, 0);
}

Region SystemMemory::remap(Region region, std::size_t bytes) noexcept {
  const KeepErrno keep;
  void* start = ::mremap(region.start, region.bytes, bytes, MREMAP_MAYMOVE);
  if (start == MAP_FAILED) return {};
  return {static_cast<std::byte*>(start), bytes};
}

bool SystemMemory::populate(Region region) noexcept {
  const KeepErrno keep;
  return ::madvise(region.start, region.bytes, MADV_POPULATE_WRITE) == 0;
}

void SystemMemory::advise_huge(Region region) noexcept {
  const KeepErrno keep;
  ::madvise(region.start, region.bytes, MADV_HUGEPAGE);
}

void SystemMemory::collapse(Region region) noexcept {
  const KeepErrno keep;
  ::madvise(region.start, region.bytes, MADV_COLLAPSE);
}

Memory* SystemMemory::with_pages(PageKind kind) noexcept {
  switch (kind) {
    case PageKind::normal:
    case PageKind::transparent_huge:
      return this;
    case PageKind::huge_2mib:
      return &g_huge_2mib_memory;
    case PageKind::huge_1gib:
      return &g_huge_1gib_memory;
  }
  return nullptr;
}

constinit SystemMemory g_system_memory{};

}  // namespace cenote::os
