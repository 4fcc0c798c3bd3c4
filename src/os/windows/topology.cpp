#include <windows.h>

#include <atomic>
#include <cstdint>

#include <cenote/detail/lock.hpp>
#include <cenote/topology.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::numa {
namespace {

constinit os::Lock g_lock{os::LockRank::machine};
constinit std::atomic<bool> g_is_known{false};  // set under g_lock, last
constinit Topology g_topology{};

std::size_t machine_bytes() noexcept {
  MEMORYSTATUSEX status{};
  status.dwLength = sizeof status;
  return ::GlobalMemoryStatusEx(&status) != 0 ? static_cast<std::size_t>(status.ullTotalPhys) : 1;
}

// Of a node Windows says what is free, not what there is.
std::size_t node_bytes(int node) noexcept {
  ULONGLONG bytes = 0;
  return ::GetNumaAvailableMemoryNodeEx(static_cast<USHORT>(node), &bytes) != 0
             ? static_cast<std::size_t>(bytes)
             : 0;
}

void add_processors(int node, Topology& into) noexcept {
  GROUP_AFFINITY own{};
  if (::GetNumaNodeProcessorMaskEx(static_cast<USHORT>(node), &own) == 0) return;
  for (int bit = 0; bit < os::kGroupProcessors; ++bit) {
    if ((std::uint64_t{own.Mask} >> bit & 1) != 0)
      into.add_processor(os::processor_number(own.Group, bit), node);
  }
}

void describe_one_node(Topology& into) noexcept {
  into.add_node(0, machine_bytes());
  for (WORD group = 0; group < ::GetActiveProcessorGroupCount(); ++group) {
    const auto count = static_cast<int>(::GetActiveProcessorCount(group));
    for (int bit = 0; bit < count; ++bit) into.add_processor(os::processor_number(group, bit), 0);
  }
}

// Numbers have gaps: what is no node has neither memory nor processors.
void describe_nodes(int highest, Topology& into) noexcept {
  for (int node = 0; node <= highest && os::NodeSet::is_node(node); ++node) {
    const std::size_t bytes = node_bytes(node);
    GROUP_AFFINITY own{};
    const bool has_processors =
        ::GetNumaNodeProcessorMaskEx(static_cast<USHORT>(node), &own) != 0 && own.Mask != 0;
    if (bytes == 0 && !has_processors) continue;
    into.add_node(node, bytes);
    add_processors(node, into);
  }
}

void read_machine(Topology& into) noexcept {
  ULONG highest = 0;
  if (::GetNumaHighestNodeNumber(&highest) != 0 && highest > 0)
    describe_nodes(static_cast<int>(highest), into);
  if (into.memory_nodes().empty()) {
    into = Topology{};
    describe_one_node(into);
  }
}

}  // namespace

const Topology& topology() noexcept {
  if (!g_is_known.load(std::memory_order_acquire)) {
    const os::KeepLastError keep;
    const os::LockGuard guard{g_lock};
    if (!g_is_known.load(std::memory_order_relaxed)) {
      read_machine(g_topology);
      g_is_known.store(true, std::memory_order_release);
    }
  }
  return g_topology;
}

int current_node() noexcept {
  PROCESSOR_NUMBER here{};
  ::GetCurrentProcessorNumberEx(&here);
  const int node = topology().node_of_processor(os::processor_number(here.Group, here.Number));
  return node >= 0 ? node : 0;
}

}  // namespace cenote::numa
