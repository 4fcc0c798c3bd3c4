#include <windows.h>

#include <cenote/detail/lock.hpp>
#include <cenote/topology.hpp>

#include "os/windows/system_call.hpp"

namespace cenote::affinity {
namespace {

constinit os::Lock g_lock{os::LockRank::machine};
constinit bool g_is_saved = false;  // under g_lock, as below
constinit GROUP_AFFINITY g_before_pins{};

Result<void> apply(const GROUP_AFFINITY& wanted, GROUP_AFFINITY* before) noexcept {
  if (::SetThreadGroupAffinity(::GetCurrentThread(), &wanted, before) != 0) return {};
  return ::GetLastError() == ERROR_INVALID_PARAMETER ? AllocError::bad_option : AllocError::unsupported;
}

Result<void> pin(const GROUP_AFFINITY& wanted) noexcept {
  const os::KeepLastError keep;
  const os::LockGuard guard{g_lock};
  GROUP_AFFINITY before{};
  const Result<void> done = apply(wanted, &before);
  if (done && !g_is_saved) {
    g_before_pins = before;
    g_is_saved = true;
  }
  return done;
}

}  // namespace

Result<void> pin_to_cpu(int processor) noexcept {
  if (numa::topology().node_of_processor(processor) < 0) return AllocError::bad_option;
  return pin(os::affinity_of(processor));
}

// A thread runs in one group at a time: of a node that spans several, in the first.
Result<void> pin_to_node(int node) noexcept {
  const Topology& machine = numa::topology();
  GROUP_AFFINITY wanted{};
  for (int processor = 0; processor < Topology::kProcessorsMax; ++processor) {
    if (machine.node_of_processor(processor) != node) continue;
    const GROUP_AFFINITY one = os::affinity_of(processor);
    if (wanted.Mask == 0) wanted.Group = one.Group;
    if (one.Group == wanted.Group) wanted.Mask |= one.Mask;
  }
  return wanted.Mask == 0 ? AllocError::bad_option : pin(wanted);
}

Result<void> unpin() noexcept {
  const os::KeepLastError keep;
  const os::LockGuard guard{g_lock};
  return g_is_saved ? apply(g_before_pins, nullptr) : Result<void>{};
}

}  // namespace cenote::affinity
