/// The system's memory, bound to one node as it is reserved: pages come from there when they are first touched, and again after a purge.
#pragma once

#include <cenote/detail/numa.hpp>
#include <cenote/memory_source.hpp>

namespace cenote {

class NodeMemory final : public os::Memory {
 public:
  NodeMemory(os::Numa& numa, int node, os::Placement placement) noexcept
      : numa_{&numa}, node_{node}, placement_{placement} {}

  /// Whether the system has bound all that was reserved so far.
  bool bound() const noexcept { return bound_; }

  /// What was reserved last.
  os::Region reserved() const noexcept { return reserved_; }

  /// From now on in pages of that kind; this, or null where the system has none: then nothing has changed.
  os::Memory* with_pages(PageKind kind) noexcept override {
    os::Memory* const paged = os::g_system_memory.with_pages(kind);
    if (paged != nullptr) upstream_ = paged;
    return paged != nullptr ? this : nullptr;
  }

  os::Region reserve(std::size_t bytes, std::size_t alignment) noexcept override {
    return reserved_ = bind(upstream_->reserve(bytes, alignment));
  }
  os::Region map(std::size_t bytes, std::size_t alignment) noexcept override {
    return bind(upstream_->map(bytes, alignment));
  }
  bool commit(os::Region region) noexcept override { return upstream_->commit(region); }
  bool purge(os::Region region) noexcept override { return upstream_->purge(region); }
  void decommit(os::Region region) noexcept override { upstream_->decommit(region); }
  void release(os::Region region) noexcept override { upstream_->release(region); }
  os::Region remap(os::Region region, std::size_t bytes) noexcept override {
    return upstream_->remap(region, bytes);
  }
  bool populate(os::Region region) noexcept override { return upstream_->populate(region); }
  void advise_huge(os::Region region) noexcept override { upstream_->advise_huge(region); }
  void collapse(os::Region region) noexcept override { upstream_->collapse(region); }

 private:
  os::Region bind(os::Region region) noexcept {
    if (region && !numa_->bind(region, os::NodeSet::of(node_), placement_)) bound_ = false;
    return region;
  }

  os::Memory* upstream_ = &os::g_system_memory;
  os::Numa* numa_;
  int node_;
  os::Placement placement_;
  bool bound_ = true;
  os::Region reserved_{};
};

}  // namespace cenote
