/// The memory behind all heaps and slab allocators of the process: one page heap, one table of huge blocks, and when they purge.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/pool/huge_blocks.hpp>
#include <cenote/pool/page_heap.hpp>

namespace cenote {

struct Backing {
  PageHeap pages;
  HugeBlocks huge;

  std::size_t dirty_bytes() const noexcept { return pages.dirty_bytes() + huge.kept_bytes(); }
  /// Gives back what is cold: free for a whole period at least. Returns bytes.
  std::size_t purge_cold() noexcept { return pages.purge_cold() + huge.purge_cold(); }
  /// Gives back all that is free. Returns bytes.
  std::size_t purge_all() noexcept { return pages.purge_all() + huge.purge_all(); }
};

/// Constant-initialised, never torn down: correct before main and after the last destructor.
extern constinit Backing g_backing;

}  // namespace cenote
