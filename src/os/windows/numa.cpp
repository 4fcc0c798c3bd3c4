#include <windows.h>
// Behind windows.h, whose types it uses.
#include <psapi.h>

#include <cenote/topology.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::os {

const Topology& SystemNuma::topology() noexcept { return numa::topology(); }
int SystemNuma::current_node() noexcept { return numa::current_node(); }
NodeSet SystemNuma::allowed_nodes() noexcept { return topology().memory_nodes(); }

std::size_t SystemNuma::free_bytes(int node) noexcept {
  const KeepLastError keep;
  if (!topology().nodes().contains(node)) return 0;
  ULONGLONG bytes = 0;
  return ::GetNumaAvailableMemoryNodeEx(static_cast<USHORT>(node), &bytes) != 0
             ? static_cast<std::size_t>(bytes)
             : SIZE_MAX;
}

// A preferred node is a matter of the reservation (VirtualAllocExNuma): of addresses that are reserved
// already it cannot be changed.
Result<void> SystemNuma::bind(Region, NodeSet nodes, Placement) noexcept {
  return (nodes & allowed_nodes()).empty() ? AllocError::bad_option : AllocError::unsupported;
}

Result<int> SystemNuma::node_of(const void* address) noexcept {
  const KeepLastError keep;
  PSAPI_WORKING_SET_EX_INFORMATION page{};
  page.VirtualAddress = const_cast<void*>(address);
  if (::K32QueryWorkingSetEx(::GetCurrentProcess(), &page, sizeof page) == 0) return AllocError::unsupported;
  if (page.VirtualAttributes.Valid == 0) return AllocError::foreign_block;
  return static_cast<int>(page.VirtualAttributes.Node);
}

// Windows moves pages between nodes as it likes, and on nobody's request.
Result<std::size_t> SystemNuma::move(Region, int node) noexcept {
  return topology().memory_nodes().contains(node) ? AllocError::unsupported : AllocError::bad_option;
}

constinit SystemNuma g_system_numa{};

}  // namespace cenote::os
