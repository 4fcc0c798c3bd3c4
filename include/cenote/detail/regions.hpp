/// Memory that is never given back: for small objects that others may still look at after their end.
#pragma once

#include <cstddef>

#include <cenote/memory_source.hpp>
#include <cenote/topology.hpp>

namespace cenote::os {

/// Threads     one at a time: its owner's lock.
class PermanentMemory {
 public:
  constexpr PermanentMemory() noexcept = default;

  /// `bytes`, all zero, aligned to 128; null when the system refuses. O(1).
  void* allocate(std::size_t bytes) noexcept;

 private:
  Region rest_{};
};

/// A region, and what backs it.
struct PagedRegion {
  Region region{};
  Memory* memory = nullptr;  // commit, purge and release through it
  Pages pages{};             // as granted
};

/// Reserves in pages of the wanted kind, or else in normal ones; where these are advised, that is done. Pages
/// come from the wanted node as long as it has some; `any_numa_node` is granted where the system does not
/// bind memory, or forbids it. The region may be larger than asked for, by less than a page of its kind.
/// Empty when the system refuses the addresses.
PagedRegion reserve_in_pages(Memory& memory, Pages wanted, std::size_t bytes, std::size_t alignment,
                             Numa& numa = g_system_numa) noexcept;

/// The same, committed, and bound to no node. What the system's own memory gives in whatever pages may be
/// released through it.
PagedRegion map_in_pages(Memory& memory, PageKind wanted, std::size_t bytes, std::size_t alignment) noexcept;

/// Brings all pages of a committed region in at once: by several threads where it is large, on processors of
/// the node that was granted. Transparent huge pages are merged, whatever the system does by itself, as far
/// as it can.
void prefault(Memory& memory, Region region, Pages granted) noexcept;

/// Whether memory can be asked for of that node: any_numa_node, or one that has some.
bool has_memory(int node) noexcept;
inline constexpr const char* kNoSuchNode = "is no node with memory: cenote::numa::topology() lists them";

}  // namespace cenote::os
