/// Whether the system moves pages to other addresses: Linux does, Windows does not.
#pragma once

#include <cenote/detail/system.hpp>
#include <cenote/memory_source.hpp>

namespace cenote::test {

inline bool remaps() {
  const os::Region one = os::g_system_memory.map(os::page_bytes(), os::page_bytes());
  const os::Region two = os::g_system_memory.remap(one, 2 * os::page_bytes());
  os::g_system_memory.release(two ? two : one);
  return static_cast<bool>(two);
}

}  // namespace cenote::test
