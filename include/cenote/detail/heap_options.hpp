/// How a heap is to be made.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/limit.hpp>
#include <cenote/detail/page_kind.hpp>

namespace cenote {

/// What a heap does against wrong and hostile callers.
enum class Hardening {
  trusting,  ///< checks what costs nothing: pointers that are no blocks, blocks of other heaps
  checked,   ///< every double free and interior pointer, exactly, on any thread: one byte beside each block
  full  ///< and new blocks are zero, a canary ends each, freed ones wait: wrong writes are found too (docs/hardening.md)
};

struct HeapOptions {
  std::string_view name = {};  ///< under which it is listed in statistics and reports (copied, cut at 63 bytes)
  std::size_t limit_bytes = 0;  ///< bytes of slabs, large and huge blocks it may hold; 0: no limit
  LimitAction on_limit = LimitAction::refuse;  ///< what happens where that limit is passed
  Hardening hardening = Hardening::checked;
  PageKind pages =
      PageKind::normal;  ///< falls back to normal, and says so in stats().pages; of 1 GiB: to those of 2 MiB
  int numa_node = any_numa_node;  ///< any: that of the thread, when it takes memory
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

}  // namespace cenote
