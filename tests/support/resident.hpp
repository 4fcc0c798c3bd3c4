/// How much of an address range the system really backs with memory.
#pragma once

#if defined(_WIN32)
#include <windows.h>
// Behind windows.h, whose types it uses.
#include <psapi.h>
#elif !defined(__wasi__)
#include <sys/mman.h>
#endif

#include <cstddef>
#include <cstdint>

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::test {

#if defined(_WIN32)
inline bool is_resident(std::uintptr_t page) {
  PSAPI_WORKING_SET_EX_INFORMATION information{};
  information.VirtualAddress = reinterpret_cast<void*>(page);
  return ::K32QueryWorkingSetEx(::GetCurrentProcess(), &information, sizeof information) != 0 &&
         information.VirtualAttributes.Valid != 0;
}
#elif defined(__wasi__)
inline bool is_resident(std::uintptr_t page) {
  return page / os::page_bytes() < __builtin_wasm_memory_size(0);
}
#else
inline bool is_resident(std::uintptr_t page) {
  // qemu's emulation of one program fills one for each of its host's smaller pages
  unsigned char present[64]{};
  return ::mincore(reinterpret_cast<void*>(page), os::page_bytes(), present) == 0 && (present[0] & 1) != 0;
}
#endif

/// Bytes of the pages that touch [start, end) and are in memory. Pages without access or mapping count as
/// absent.
inline std::size_t resident_bytes(const void* start, const void* end) {
  const std::size_t page = os::page_bytes();
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(start) & ~(page - 1);
  const std::uintptr_t last = reinterpret_cast<std::uintptr_t>(end);
  std::size_t bytes = 0;
  for (std::uintptr_t at = first; at < last; at += page) {
    if (is_resident(at)) bytes += page;
  }
  return bytes;
}

/// Whether pages go back to the system while their addresses stay: not from a memory of WebAssembly.
inline bool gives_pages_back() {
  const os::Region region = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  const bool done = os::g_system_memory.purge(region);
  os::g_system_memory.release(region);
  return done;
}
inline constexpr const char* kKeepsPages = "the system takes no page back";

/// Whether the system says that it has brought memory in, and has not: qemu's emulation of one program does
/// so.
inline bool pretends_to_populate() {
  const os::Region region = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  const bool said = os::g_system_memory.populate(region);
  const bool done = resident_bytes(region.start, region.end()) == region.bytes;
  os::g_system_memory.release(region);
  return said && !done;
}

}  // namespace cenote::test
