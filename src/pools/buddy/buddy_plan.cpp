#include "pools/buddy/buddy_plan.hpp"

#include <algorithm>
#include <bit>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

#include "pools/buddy/buddy_tree.hpp"

namespace cenote {
namespace {

// No program has more: the tables and the sums over them stay far from overflow.
constexpr std::size_t kBytesMax = std::size_t{1} << (sizeof(std::size_t) == 8 ? 46 : 30);
constexpr std::size_t kAlignmentMax = std::size_t{1} << 30;
// What malloc's callers expect of any block.
constexpr std::size_t kBlockMin = alignof(std::max_align_t);

constexpr std::size_t kShelvesMin = 4, kShelvesMax = 64;

BuddyPlanOutcome bad_option(const char* option, const char* problem) noexcept {
  return {.error = AllocError::bad_option, .option = option, .problem = problem};
}

// Threads take shelves in turn: with two for each processor, two that run seldom meet on one.
std::size_t shelves() noexcept {
  return std::clamp(std::bit_ceil(2 * std::size_t{os::processors()}), kShelvesMin, kShelvesMax);
}

BuddyPlan place(const BuddyGeometry& geometry, const BuddyNeeds& needs) noexcept {
  const std::size_t page = os::page_bytes();
  BuddyPlan plan;
  plan.geometry = geometry;
  plan.alignment = std::min(geometry.block_bytes(geometry.top_order()), kAlignmentMax);
  plan.shelves = shelves();
  plan.block_pages = align_up(geometry.bytes(), page);
  plan.tables = plan.block_pages + page;
  plan.first_shelf = align_up(plan.tables + needs.core_bytes, kCacheLine);
  plan.words = plan.first_shelf + plan.shelves * needs.shelf_bytes;
  plan.states = plan.words + BuddyTree::words_bytes(geometry);
  plan.bytes = align_up(plan.states + geometry.units() * sizeof(UnitStates::Cell), page);
  return plan;
}

}  // namespace

BuddyPlanOutcome plan_buddy(const BuddyOptions& options, const BuddyNeeds& needs) noexcept {
  if (options.bytes == 0) return bad_option("bytes", "is 0: say how much memory to manage");
  if (!is_power_of_two(options.block_min)) return bad_option("block_min", "is no power of two");
  if (options.block_min < kBlockMin) return bad_option("block_min", "is too small: make it 16 or more");
  if (options.bytes < options.block_min) return bad_option("bytes", "is below block_min: not one block fits");
  if (!os::has_memory(options.numa_node)) return bad_option("numa_node", os::kNoSuchNode);
  if (options.bytes > kBytesMax) return {.error = AllocError::too_large};
  const std::size_t units = options.bytes / options.block_min;
  if (units > BuddyGeometry::kUnitsMax)
    return bad_option("block_min", "is too small for so many bytes: 2^31 smallest blocks at most");
  const BuddyGeometry geometry{static_cast<std::uint32_t>(units),
                               static_cast<unsigned>(std::countr_zero(options.block_min))};
  return {.plan = place(geometry, needs)};
}

}  // namespace cenote
