/// The system's memory, bound to one node as it is reserved: pages come from there when they are first touched, and again after a purge.
#pragma once

#include <cenote/os/memory.hpp>
#include <cenote/os/numa.hpp>

namespace cenote {

class NodeMemory final : public os::Memory {
 public:
  NodeMemory(os::Numa& numa, int node, os::Placement placement) noexcept
      : numa_{&numa}, node_{node}, placement_{placement} {}

  /// Whether the system has bound all that was reserved so far.
  bool bound() const noexcept { return bound_; }

  /// What was reserved last.
  os::Region reserved() const noexcept { return reserved_; }

  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    return reserved_ = bind(upstream().reserve(bytes, alignment));
  }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return bind(upstream().map(bytes, alignment));
  }
  bool commit(os::Region region) noexcept override { return upstream().commit(region); }
  bool purge(os::Region region) noexcept override { return upstream().purge(region); }
  void decommit(os::Region region) noexcept override { upstream().decommit(region); }
  void release(os::Region region) noexcept override { upstream().release(region); }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    return upstream().remap(region, bytes);
  }
  void populate(os::Region region) noexcept override { upstream().populate(region); }
  void advise_huge(os::Region region) noexcept override { upstream().advise_huge(region); }

 private:
  static os::Memory& upstream() noexcept { return os::g_system_memory; }
  os::Region bind(os::Region region) noexcept {
    if (region && !numa_->bind(region, os::NodeSet::of(node_), placement_)) bound_ = false;
    return region;
  }

  os::Numa* numa_;
  int node_;
  os::Placement placement_;
  bool bound_ = true;
  os::Region reserved_{};
};

}  // namespace cenote
