/// The memory behind all heaps and slab allocators of the process: one page heap, one table of huge blocks,
/// and when they purge.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/anchor.hpp>
#include <cenote/detail/page_heap.hpp>

#include "engine/pages/huge_blocks.hpp"

namespace cenote {

struct Backing {
  PageHeap pages;
  HugeBlocks huge;

  std::size_t dirty_bytes() const noexcept { return pages.dirty_bytes() + huge.kept_bytes(); }
  /// Bytes in which a purge may find something: dirty ones, and those of slabs that are nearly empty.
  std::size_t purgeable_bytes() const noexcept {
    return dirty_bytes() + pages.resting_bytes() + pages.came_home_bytes();
  }
  /// Gives back what is cold: free for a whole period at least. Of units not much more than `bytes_max`.
  /// Returns bytes.
  std::size_t purge_cold(std::size_t bytes_max = SIZE_MAX) noexcept {
    return pages.purge_cold(bytes_max) + huge.purge_cold();
  }
  /// Gives back all that is free. Returns bytes.
  std::size_t purge_all() noexcept { return pages.purge_all() + huge.purge_all(); }
};

/// Constant-initialised, never torn down: correct before main and after the last destructor.
extern constinit Backing g_backing;

/// Where who looks from outside finds it, also in a program that has slabs but no heap.
struct BackingAnchor {
  static constexpr std::uint64_t kLayout =
      stats::layout_of({sizeof(void*), sizeof(Backing), sizeof(Slab), sizeof(Extent), sizeof(AddressRegion),
                        sizeof(HugeBlock), kUnitBytes, kUnitsPerExtent});

  stats::AnchorHead head{.layout = kLayout};
  const Backing* backing = nullptr;
};
extern constinit const BackingAnchor g_backing_anchor;

}  // namespace cenote
