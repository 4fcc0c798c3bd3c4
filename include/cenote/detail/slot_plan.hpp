/// Where a pool of equal blocks puts what: decided once, from its options, before any memory is asked for.
///
///     reserved   | core | entries  | states   | idle slots | purged groups | blocks         |
///                        4 or 8 B    0 or 1 B   1.02 bits    1 bit           stride B each
///                        a slot      a slot     a slot       a group         ^ aligned as the blocks
///
/// Each part has room for capacity_max slots and is committed as far as the capacity needs.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/index_set.hpp>
#include <cenote/detail/pool_options.hpp>
#include <cenote/result.hpp>

namespace cenote {

inline constexpr std::size_t kPoolAlignmentMax = std::size_t{2} << 20;

/// What a kind of pool needs beside the options.
struct SlotNeeds {
  std::size_t block_bytes;
  std::size_t natural_alignment;
  std::size_t core_bytes;
  std::size_t entry_bytes;  // a slot, in the table of free slots
  std::size_t state_bytes;  // a slot
};

struct SlotPlan {
  std::size_t block_bytes = 0;
  std::size_t alignment = 0;
  SlotGeometry geometry{};
  SlotIndex capacity = 0;
  SlotIndex capacity_max = 0;  // at least capacity
  SlotIndex group_slots = 0;   // slots that are purged together: a multiple of 64, an OS page at least
  IndexSet idle{};
  std::size_t entry_bytes = 0;
  std::size_t state_bytes = 0;
  std::size_t entries = 0;  // offsets from the reservation's start
  std::size_t states = 0;
  std::size_t idle_words = 0;
  std::size_t purged = 0;
  std::size_t blocks = 0;
  std::size_t bytes = 0;  // of the reservation
  bool passes_through = false;
  SlotIndex passed_capacity = 0;  // in pass-through mode the pool has no slots of its own, but so many blocks
  SlotIndex passed_capacity_max = 0;
};

/// Where the entries begin, behind a core of so many bytes.
constexpr std::size_t entries_offset(std::size_t core_bytes) noexcept {
  return align_up(core_bytes, kCacheLine);
}

/// A plan, or why there is none: `option` and `problem` are set for a bad_option.
struct PlanOutcome {
  SlotPlan plan{};
  AllocError error{};
  const char* option = "";
  const char* problem = "";
};

/// Errors  bad_option (capacity 0, capacity_max below capacity); zero_size; too_large (block, or capacity
///         times block); bad_alignment (no power of two, or above 2 MiB).
PlanOutcome plan_slots(const PoolOptions& options, const SlotNeeds& needs) noexcept;

}  // namespace cenote
