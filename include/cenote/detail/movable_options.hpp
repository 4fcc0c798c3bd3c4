/// How a pool of movable objects is to be made, and how much of a compaction is to be done at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

struct MovableOptions {
  std::size_t capacity = 0;      ///< objects ready after construction
  std::size_t capacity_max = 0;  ///< 0: never grows; else it grows on demand up to this many objects
  std::string_view name = {};    ///< under which it is listed in statistics (copied, cut at 63 bytes)
};

/// What one call may move: it stops at whichever comes first.
struct CompactBudget {
  std::size_t objects = SIZE_MAX;
  std::size_t bytes = SIZE_MAX;  ///< of objects; nothing is moved for less than one of them
};

}  // namespace cenote
