/// How a manager of blocks of mixed sizes is to be made, and what it says of itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/alloc_error.hpp>
#include <cenote/detail/page_kind.hpp>

namespace cenote {

enum class ManagerEventKind : std::uint8_t {
  created,  ///< memory for `count` new blocks of `size` bytes
  refused,  ///< no memory for `count` blocks of `size` bytes, the least that would have done: `error` says why
  trimmed,  ///< let go of `count` free blocks, `size` bytes together
  misused   ///< a wrong call gave back `size` bytes: `error` says what is wrong with them
};

/// One thing worth a line in a log. Blocks that are merely used again are none.
struct ManagerEvent {
  ManagerEventKind kind;
  AllocError error;  ///< AllocError{} for created and trimmed
  std::size_t size;
  std::size_t count;
  std::string_view manager;  ///< its name; valid during the call
};

/// Called on the thread that caused the event, after the fact and with no lock held, so at the same time by several threads and not
/// always in the order of the events. It may use any pool, also the manager that calls it: each event that this causes calls it again,
/// so a log that allocates from its own manager must be ready for that, or it never ends. `context` is options.log_context.
using ManagerLog = void (*)(const ManagerEvent& event, void* context) noexcept;

struct ManagerOptions {
  std::size_t limit_bytes = 0;   ///< bytes of all blocks, in use and free, as asked for; 0: no limit
  bool create_on_demand = true;  ///< false: only what `prepopulate` made is handed out
  std::string_view name = {};    ///< under which it is listed in reports (copied, cut at 63 bytes)
  ManagerLog log = nullptr;      ///< null: silent
  void* log_context = nullptr;
  PageKind pages = PageKind::normal;  ///< falls back to normal when unavailable
  int numa_node = any_numa_node;      ///< any: that of the thread, when it takes memory
  bool pass_through = false;  ///< every block from malloc, for memory checkers; also by CENOTE_PASS_THROUGH=1
};

}  // namespace cenote
