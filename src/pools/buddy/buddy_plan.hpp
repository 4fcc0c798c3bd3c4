/// Where a buddy allocator puts what: decided once, from its options, before any memory is asked for.
///
///     reserved   | blocks ............ | guard page | core | shelves | sets of free blocks | states |
///                ^ aligned to the largest block                        2 bits a unit         1 B a unit
///
/// The guard page is never committed: who writes past the last block is stopped there.
#pragma once

#include <cstddef>

#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/buddy_geometry.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// What one shelf and the core need.
struct BuddyNeeds {
  std::size_t core_bytes;
  std::size_t shelf_bytes;
};

struct BuddyPlan {
  BuddyGeometry geometry{};
  std::size_t alignment = 0;    // of the largest block, at most 1 GiB
  std::size_t shelves = 0;      // how many, a power of two
  std::size_t block_pages = 0;  // bytes
  std::size_t tables = 0;       // offsets from the reservation's start
  std::size_t first_shelf = 0;
  std::size_t words = 0;
  std::size_t states = 0;
  std::size_t bytes = 0;  // of the reservation
};

/// A plan, or why there is none: `option` and `problem` are set for a bad_option.
struct BuddyPlanOutcome {
  BuddyPlan plan{};
  AllocError error{};
  const char* option = "";
  const char* problem = "";
};

/// Errors  bad_option; too_large (more bytes than any system has).
BuddyPlanOutcome plan_buddy(const BuddyOptions& options, const BuddyNeeds& needs) noexcept;

}  // namespace cenote
