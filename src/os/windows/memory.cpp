#include <cenote/detail/check.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

#include "os/thread.hpp"
#include "os/windows/addresses.hpp"
#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

// How often a purge asks for the memory that it has just given back: another process may hold it for a
// moment.
constexpr int kRecommitsMax = 1000;

bool commit_pages(Region region) noexcept {
  return ::VirtualAlloc(region.start, region.bytes, MEM_COMMIT, PAGE_READWRITE) != nullptr;
}

bool decommit_pages(Region region) noexcept {
  return ::VirtualFree(region.start, region.bytes, MEM_DECOMMIT) != 0;
}

bool commit_again(Region region) noexcept {
  for (int attempt = 0; attempt < kRecommitsMax; ++attempt) {
    if (commit_pages(region)) return true;
    ::Sleep(1);
  }
  return false;
}

}  // namespace

Region SystemMemory::reserve(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepLastError keep;
  return take_addresses(bytes, alignment, MEM_RESERVE, PAGE_NOACCESS);
}

bool SystemMemory::commit(Region region) noexcept {
  const KeepLastError keep;
  return commit_pages(region);
}

// Large pages come with their addresses or not at all.
bool SystemMemory::commit_huge(Region, PageKind) noexcept { return false; }

// The only way to pages that are known to be zero. Their commitment is lost for a moment in which somebody
// else may take it; then the caller has addresses that it believes to be accessible, and there is no way on.
bool SystemMemory::purge(Region region) noexcept {
  const KeepLastError keep;
  if (!decommit_pages(region)) return false;
  CENOTE_CHECK(commit_again(region), "the system took memory away while it was purged");
  return true;
}

void SystemMemory::decommit(Region region) noexcept {
  const KeepLastError keep;
  decommit_pages(region);
}

void SystemMemory::release(Region region) noexcept {
  const KeepLastError keep;
  give_addresses(region.start);
}

bool SystemMemory::release_part(Region) noexcept { return false; }

Claim SystemMemory::claim(Region) noexcept { return Claim::refused; }

Region SystemMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepLastError keep;
  return take_addresses(bytes, alignment, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

// Windows moves no pages between addresses.
Region SystemMemory::remap(Region, std::size_t) noexcept { return {}; }

// PrefetchVirtualMemory brings back what was paged out, but makes no page that was never touched. Reading one
// does.
bool SystemMemory::populate(Region) noexcept { return false; }

void SystemMemory::advise_huge(Region) noexcept {}
void SystemMemory::collapse(Region) noexcept {}

Memory* SystemMemory::with_pages(PageKind kind) noexcept {
  switch (kind) {
    case PageKind::normal:
    case PageKind::transparent_huge:
      return this;
    case PageKind::huge_2mib:
      return large_memory();
    case PageKind::huge_1gib:
      return nullptr;
  }
  return nullptr;
}

constinit SystemMemory g_system_memory{};

}  // namespace cenote::os
