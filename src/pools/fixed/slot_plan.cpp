#include <algorithm>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/slot_plan.hpp>
#include <cenote/detail/system.hpp>

#include "pool_support/pass_through.hpp"

namespace cenote {
namespace {

// No program has more: the tables and the sums over them stay far from overflow.
constexpr std::size_t kBytesMax = std::size_t{1} << (sizeof(std::size_t) == 8 ? 46 : 30);
// Counts rounded up to a whole group still fit a SlotIndex.
constexpr std::size_t kSlotsMax = kNoSlot - (std::size_t{1} << 17);

PlanOutcome refused(AllocError error) noexcept { return {.error = error}; }

PlanOutcome bad_option(const char* option, const char* problem) noexcept {
  return {.error = AllocError::bad_option, .option = option, .problem = problem};
}

// Puts the parts one behind the other.
void place(SlotPlan& plan, std::size_t core_bytes) noexcept {
  const std::size_t slots = plan.capacity_max;
  plan.entries = entries_offset(core_bytes);
  plan.states = align_up(plan.entries + slots * plan.entry_bytes, kCacheLine);
  plan.idle_words = align_up(plan.states + slots * plan.state_bytes, kCacheLine);
  plan.purged = plan.idle_words + plan.idle.bytes();
  const std::size_t purged_bytes = IndexSet::level_bytes(plan.capacity_max / plan.group_slots + 1);
  plan.blocks = align_up(plan.purged + purged_bytes, std::max(plan.alignment, kCacheLine));
  plan.bytes = align_up(plan.blocks + slots * plan.geometry.stride(), os::page_bytes());
}

}  // namespace

PlanOutcome plan_slots(const PoolOptions& options, const SlotNeeds& needs) noexcept {
  const std::size_t alignment = std::max(options.alignment, needs.natural_alignment);
  const std::size_t slots = std::max(options.capacity, options.capacity_max);
  if (options.capacity == 0) return bad_option("capacity", "is 0: ask for at least one block");
  if (options.capacity_max != 0 && options.capacity_max < options.capacity)
    return bad_option("capacity_max", "is below capacity: make it 0 for a pool that never grows");
  if (!os::has_memory(options.numa_node)) return bad_option("numa_node", os::kNoSuchNode);
  if (needs.block_bytes == 0) return refused(AllocError::zero_size);
  if ((options.alignment != 0 && !is_power_of_two(options.alignment)) || alignment > kPoolAlignmentMax)
    return refused(AllocError::bad_alignment);
  if (needs.block_bytes > kBytesMax || slots > kSlotsMax) return refused(AllocError::too_large);
  const std::size_t stride = align_up(needs.block_bytes, alignment);
  if (slots > kBytesMax / stride) return refused(AllocError::too_large);

  PlanOutcome outcome;
  SlotPlan& plan = outcome.plan;
  plan.block_bytes = needs.block_bytes;
  plan.alignment = alignment;
  plan.geometry = SlotGeometry{stride};
  plan.passes_through = passes_through(options.pass_through);
  (plan.passes_through ? plan.passed_capacity : plan.capacity) = static_cast<SlotIndex>(options.capacity);
  (plan.passes_through ? plan.passed_capacity_max : plan.capacity_max) = static_cast<SlotIndex>(slots);
  plan.group_slots =
      static_cast<SlotIndex>(align_up(ceil_div(os::page_bytes(), stride), IndexSet::kWordBits));
  plan.idle = IndexSet{plan.capacity_max};
  plan.entry_bytes = needs.entry_bytes;
  plan.state_bytes = needs.state_bytes;
  place(plan, needs.core_bytes);
  return outcome;
}

}  // namespace cenote
