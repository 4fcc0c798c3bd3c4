/// A machine with several nodes that is not here: memory is this machine's, where its pages lie is noted
/// beside it.
#pragma once

#include <cstddef>
#include <map>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/topology.hpp>

#include "support/threads.hpp"

namespace cenote::test {

class SimulatedNuma final : public os::Numa {
 public:
  /// Nodes 0 to `nodes` - 1 with a processor each, in a row: 10 from itself, 10 more for each step.
  explicit SimulatedNuma(int nodes) {
    for (int node = 0; node < nodes; ++node) {
      machine.add_node(node, std::size_t{1} << 30);
      machine.add_processor(node, node);
    }
    for (int from = 0; from < nodes; ++from) {
      for (int to = 0; to < nodes; ++to)
        machine.set_distance(from, to, 10 + 10 * (from < to ? to - from : from - to));
    }
    allowed = machine.memory_nodes();
  }

  const Topology& topology() noexcept override { return machine; }
  os::NodeSet allowed_nodes() noexcept override { return allowed; }
  int current_node() noexcept override { return t_here; }
  std::size_t free_bytes(int) noexcept override { return free_each; }
  Result<void> bind(os::Region region, os::NodeSet nodes, os::Placement placement) noexcept override {
    if (!binds) return AllocError::unsupported;
    const MutexGuard guard{mutex_};
    bound_[address_of(region.start)] = {region, nodes.first()};
    last_placement = placement;
    return {};
  }
  Result<int> node_of(const void* address) noexcept override {
    const MutexGuard guard{mutex_};
    if (const auto moved = moved_.find(page_of(address)); moved != moved_.end()) return moved->second;
    auto at = bound_.upper_bound(address_of(address));
    if (at == bound_.begin()) return AllocError::unsupported;
    --at;
    return address_of(address) < address_of(at->second.region.end()) ? Result<int>{at->second.node}
                                                                     : Result<int>{AllocError::unsupported};
  }
  Result<std::size_t> move(os::Region region, int node) noexcept override {
    std::size_t pages = 0;
    for (std::byte* page = region.start; page < region.end(); page += os::page_bytes()) {
      if (node_of(page).value_or(node) == node) continue;
      const MutexGuard guard{mutex_};
      moved_[page_of(page)] = node;
      ++pages;
    }
    return pages;
  }

  Topology machine;
  os::NodeSet allowed;
  std::size_t free_each = SIZE_MAX;
  bool binds = true;
  os::Placement last_placement{};
  /// The node that the calling thread runs on.
  inline static thread_local int t_here = 0;

 private:
  struct Bound {
    os::Region region;
    int node;
  };
  static std::uintptr_t page_of(const void* address) { return address_of(address) / os::page_bytes(); }

  Mutex mutex_;
  std::map<std::uintptr_t, Bound> bound_;
  std::map<std::uintptr_t, int> moved_;
};

/// Runs as a thread of that node for a scope.
class OnNode {
 public:
  explicit OnNode(int node) : before_{SimulatedNuma::t_here} { SimulatedNuma::t_here = node; }
  ~OnNode() { SimulatedNuma::t_here = before_; }
  OnNode(const OnNode&) = delete;
  OnNode& operator=(const OnNode&) = delete;

 private:
  int before_;
};

}  // namespace cenote::test
