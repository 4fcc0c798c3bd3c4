#include "pools/buddy/buddy_core.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>
#include <utility>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>

#include "base/text.hpp"
#include "pool_support/pass_through.hpp"

namespace cenote {
namespace {

// Threads take shelves in turn. 0: this one has not yet.
constinit std::atomic<std::uint32_t> g_threads{0};
[[gnu::tls_model("initial-exec")]] thread_local constinit std::uint32_t t_number = 0;

CENOTE_SLOW_PATH std::uint32_t number_thread() noexcept {
  t_number = g_threads.fetch_add(1, std::memory_order_relaxed) + 1;
  return t_number;
}

std::uint32_t thread_number() noexcept { return t_number != 0 ? t_number : number_thread(); }

}  // namespace

// --- life --------------------------------------------------------------------------------------------------

BuddyPlanOutcome BuddyCore::plan(const BuddyOptions& options) noexcept {
  return plan_buddy(options, {.core_bytes = sizeof(BuddyCore), .shelf_bytes = sizeof(BuddyShelf)});
}

Result<BuddyCore*> BuddyCore::create(const BuddyPlan& plan, const BuddyOptions& options,
                                     os::Memory& memory) noexcept {
  const bool passes = passes_through(options.pass_through);
  const std::size_t table_bytes = plan.bytes - plan.tables;
  detail::PoolBudget budget{options.name};
  if (!budget.charge(passes ? table_bytes : plan.block_pages + table_bytes)) return AllocError::limit_reached;
  const os::PagedRegion reserved = os::reserve_in_pages(
      memory, {options.pages, options.numa_node}, plan.bytes, std::max(plan.alignment, os::page_bytes()));
  std::byte* const start = reserved.region.start;
  if (start == nullptr) return AllocError::out_of_memory;
  if (!reserved.memory->commit({start, plan.block_pages}) ||
      !reserved.memory->commit({start + plan.tables, table_bytes})) {
    reserved.memory->release(reserved.region);
    return AllocError::out_of_memory;
  }
  auto* const core = new (start + plan.tables) BuddyCore{plan, reserved, options.name, std::move(budget)};
  if (passes && !core->open_passed()) {
    destroy(*core);
    return AllocError::out_of_memory;
  }
  core->enlist();
  core->budget_.report_passed();
  return core;
}

void BuddyCore::enlist() noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.borrows = passed_ != nullptr};
  BuddyShelf::describe(gauges, shelves(), plan_.shelves, geometry_);
  gauges.add(Gauge::of(Figure::failures, failures_))
      .add(Gauge::constant(Figure::reserved, reserved_.bytes))
      .add(Gauge::constant(Figure::metadata, plan_.bytes - plan_.tables));
  listed_.open(stats::Kind::buddy_allocator, name_, gauges);
}

BuddyCore::BuddyCore(const BuddyPlan& plan, os::PagedRegion reserved, std::string_view name,
                     detail::PoolBudget&& budget) noexcept
    : base_{reserved.region.start},
      geometry_{plan.geometry},
      shelf_mask_{static_cast<std::uint32_t>(plan.shelves) - 1},
      states_{reinterpret_cast<UnitStates::Cell*>(base_ + plan.states)},
      plan_{plan},
      reserved_{reserved.region},
      memory_{reserved.memory},
      pages_{reserved.pages},
      budget_{std::move(budget)},
      tree_{plan.geometry, reinterpret_cast<std::uint64_t*>(base_ + plan.words), states_},
      shelves_fork_hold_{shelves()->lock(), static_cast<std::uint32_t>(plan.shelves), sizeof(BuddyShelf)} {
  text::copy(name, name_);
  for (std::size_t i = 0; i < plan.shelves; ++i) std::construct_at(shelves() + i);
  shelves_fork_hold_.enlist();
}

void BuddyCore::destroy(BuddyCore& core) noexcept {
  if (const std::size_t blocks = core.stats().in_use; blocks != 0) report_leak(core.name(), blocks);
  core.listed_.close();
  if (core.passed_ != nullptr) MallocBlocks::destroy(core.passed_);
  os::Memory& memory = *core.memory_;
  const os::Region reserved = core.reserved_;
  core.shelves_fork_hold_.withdraw();
  std::destroy_at(&core);
  memory.release(reserved);
}

// --- allocation --------------------------------------------------------------------------------------------

BuddyShelf& BuddyCore::shelf_of_thread() const noexcept { return shelves()[thread_number() & shelf_mask_]; }

Result<void*> BuddyCore::allocate(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return AllocError::zero_size;
  if (!is_power_of_two(alignment) || alignment > plan_.alignment) return AllocError::bad_alignment;
  const std::uint32_t order = geometry_.order_of(std::max(size, alignment));
  if (order > geometry_.top_order()) return AllocError::too_large;
  BuddyBlock block{0, order};
  if (!take(order, block) && !join_and_take(order, block)) [[unlikely]]
    return AllocError::exhausted;
  states_.set(block.unit, UnitState::in_use(order, geometry_.order_of(size) != order));
  if (passed_ != nullptr) [[unlikely]]
    return pass(block, size, alignment);
  return base_ + geometry_.offset_of(block);
}

bool BuddyCore::take(std::uint32_t order, BuddyBlock& block) noexcept {
  BuddyShelf& shelf = shelf_of_thread();
  const os::LockGuard guard{shelf.lock()};
  if (shelf.size(order) != 0) [[likely]] {
    block = shelf.pop(order);
  } else {
    const os::LockGuard tree_guard{tree_lock_};
    if (!tree_.take(order, block)) return false;
  }
  shelf.note_taken(order);
  return true;
}

// With all locks held every free block is in sight, and joined as far as it can be: if there is none now,
// there is none.
CENOTE_SLOW_PATH bool BuddyCore::join_and_take(std::uint32_t order, BuddyBlock& block) noexcept {
  const AllLocked locked{*this};
  join_all();
  if (!tree_.take(order, block)) {
    ++failures_;
    return false;
  }
  shelf_of_thread().note_taken(order);
  return true;
}

void BuddyCore::join_all() noexcept {
  for (std::size_t i = 0; i < plan_.shelves; ++i) {
    BuddyShelf& shelf = shelves()[i];
    for (std::uint32_t order = 0; order < geometry_.orders(); ++order)
      flush_oldest(shelf, order, shelf.size(order));
  }
}

void BuddyCore::flush_oldest(BuddyShelf& shelf, std::uint32_t order, std::uint32_t count) noexcept {
  shelf.pass_oldest(order, count, [this](BuddyBlock block) { tree_.give(block); });
}

// --- deallocation ------------------------------------------------------------------------------------------

AllocError BuddyCore::claim(const void* address, std::size_t size, BuddyBlock& claimed) noexcept {
  const std::size_t offset = offset_of(address);
  if (offset >= geometry_.bytes() || !geometry_.is_unit_start(offset)) [[unlikely]]
    return AllocError::foreign_block;
  const std::uint32_t unit = geometry_.unit_at(offset);
  const UnitState state = states_.at(unit);
  if (!state.is_in_use()) [[unlikely]]
    return why_not_in_use(unit);
  if (!state.matches(size, geometry_)) [[unlikely]]
    return AllocError::size_mismatch;
  if (!states_.claim(unit, state)) [[unlikely]]
    return AllocError::double_free;
  claimed = {unit, state.order()};
  return {};
}

CENOTE_SLOW_PATH AllocError BuddyCore::why_not_in_use(std::uint32_t unit) const noexcept {
  return states_.is_covered(unit, geometry_.top_order()) ? AllocError::foreign_block
                                                         : AllocError::double_free;
}

void BuddyCore::put_back(BuddyBlock block) noexcept {
  BuddyShelf& shelf = shelf_of_thread();
  const os::LockGuard guard{shelf.lock()};
  if (shelf.size(block.order) == BuddyShelf::kMagazineMax) [[unlikely]] {
    const os::LockGuard tree_guard{tree_lock_};
    flush_oldest(shelf, block.order, BuddyShelf::kMagazineMax / 2);
  }
  shelf.push(block);
  shelf.note_given(block.order);
}

// --- trim --------------------------------------------------------------------------------------------------

bool BuddyCore::purge(BuddyBlock block) noexcept {
  return memory_->purge({base_ + geometry_.offset_of(block), geometry_.block_bytes(block.order)});
}

std::size_t BuddyCore::trim() noexcept {
  AllLocked locked{*this};
  join_all();
  locked.unlock_shelves();  // threads go on with what comes and goes; the tree keeps its blocks
  std::size_t given = 0;
  const std::uint32_t page_order = geometry_.order_of(os::page_bytes());
  tree_.clean_members(page_order, [&](BuddyBlock block) {
    if (!purge(block)) return false;
    given += geometry_.block_bytes(block.order);
    return true;
  });
  return given;
}

}  // namespace cenote
