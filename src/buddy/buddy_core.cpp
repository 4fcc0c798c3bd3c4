#include "buddy/buddy_core.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>

#include <cenote/base/bits.hpp>
#include <cenote/base/check.hpp>
#include <cenote/base/leak.hpp>
#include <cenote/os/system.hpp>
#include <cenote/pass/pass_through.hpp>

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

// Whether a block in use may have been asked for with `size`.
bool size_matches(const BuddyGeometry& geometry, BlockState state, std::size_t size) noexcept {
  if (size == SIZE_MAX) return true;
  if (size == 0 || size > geometry.block_bytes(state.order())) return false;
  return state.is_for_alignment() || geometry.order_of(size) == state.order();
}

}  // namespace

/// All locks of an allocator, shelves first; shelves may be let go of before the tree.
class BuddyCore::AllLocked {
 public:
  explicit AllLocked(BuddyCore& core) noexcept : core_{core} {
    core.shelves()[0].lock().lock();
    for (std::size_t i = 1; i < core.plan_.shelves; ++i) core.shelves()[i].lock().lock_beside_others();
    core.tree_lock_.lock();
  }
  ~AllLocked() {
    if (shelves_) unlock_shelves();
    core_.tree_lock_.unlock();
  }
  AllLocked(const AllLocked&) = delete;
  AllLocked& operator=(const AllLocked&) = delete;

  void unlock_shelves() noexcept {
    for (std::size_t i = 0; i < core_.plan_.shelves; ++i) core_.shelves()[i].lock().unlock();
    shelves_ = false;
  }

 private:
  BuddyCore& core_;
  bool shelves_ = true;
};

// --- life -------------------------------------------------------------------------------------------------------------------------

BuddyPlanOutcome BuddyCore::plan(const BuddyOptions& options) noexcept {
  return plan_buddy(options, {.core_bytes = sizeof(BuddyCore), .shelf_bytes = sizeof(BuddyShelf)});
}

BuddyCore* BuddyCore::create(const BuddyPlan& plan, const BuddyOptions& options, os::Memory& memory) noexcept {
  const auto [reserved, its_memory, pages] =
      os::reserve_in_pages(memory, options.pages, plan.bytes, std::max(plan.alignment, os::page_bytes()));
  if (!reserved) return nullptr;
  const os::Region tables{reserved.start + plan.tables, plan.bytes - plan.tables};
  if (!its_memory->commit({reserved.start, plan.block_pages}) || !its_memory->commit(tables)) {
    its_memory->release(reserved);
    return nullptr;
  }
  BuddyOptions granted = options;
  granted.pages = pages;
  auto* const core = new (tables.start) BuddyCore{plan, reserved, granted, *its_memory};
  if (!passes_through(options.pass_through) || core->open_passed()) return core;
  destroy(*core);
  return nullptr;
}

bool BuddyCore::open_passed() noexcept {
  passed_ = MallocBlocks::create(*memory_);
  return passed_ != nullptr;
}

BuddyCore::BuddyCore(const BuddyPlan& plan, os::Region reserved, const BuddyOptions& options,
                     os::Memory& memory) noexcept
    : base_{reserved.start},
      geometry_{plan.geometry},
      shelf_mask_{static_cast<std::uint32_t>(plan.shelves) - 1},
      states_{reinterpret_cast<BlockStates::Cell*>(reserved.start + plan.states)},
      plan_{plan},
      reserved_{reserved},
      memory_{&memory},
      pages_{options.pages},
      tree_{plan.geometry, reinterpret_cast<std::uint64_t*>(reserved.start + plan.words), states_} {
  options.name.copy(name_, kNameMax);
  for (std::size_t i = 0; i < plan.shelves; ++i) std::construct_at(shelves() + i);
}

void BuddyCore::destroy(BuddyCore& core) noexcept {
  if (const std::size_t blocks = core.stats().in_use; blocks != 0) report_leak(core.name(), blocks);
  if (core.passed_ != nullptr) MallocBlocks::destroy(core.passed_);
  os::Memory& memory = *core.memory_;
  const os::Region reserved = core.reserved_;
  std::destroy_at(&core);
  memory.release(reserved);
}

// --- allocation -------------------------------------------------------------------------------------------------------------------

BuddyShelf& BuddyCore::shelf_of_thread() const noexcept { return shelves()[thread_number() & shelf_mask_]; }

Result<void*> BuddyCore::allocate(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return AllocError::zero_size;
  if (!is_power_of_two(alignment) || alignment > plan_.alignment) return AllocError::bad_alignment;
  const std::uint32_t order = geometry_.order_of(std::max(size, alignment));
  if (order > geometry_.top_order()) return AllocError::too_large;
  BuddyBlock block{0, order};
  if (!take(order, block) && !join_and_take(order, block)) [[unlikely]]
    return AllocError::exhausted;
  states_.set(block.unit, BlockState::in_use(order, geometry_.order_of(size) != order));
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

// With all locks held every free block is in sight, and joined as far as it can be: if there is none now, there is none.
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

// --- deallocation -----------------------------------------------------------------------------------------------------------------

AllocError BuddyCore::claim(const void* address, std::size_t size, BuddyBlock& claimed) noexcept {
  const std::size_t offset = offset_of(address);
  if (offset >= geometry_.bytes() || !geometry_.is_unit_start(offset)) [[unlikely]]
    return AllocError::foreign_block;
  const std::uint32_t unit = geometry_.unit_at(offset);
  const BlockState state = states_.at(unit);
  if (!state.is_in_use()) [[unlikely]]
    return why_not_in_use(unit);
  if (!size_matches(geometry_, state, size)) [[unlikely]]
    return AllocError::size_mismatch;
  if (!states_.claim(unit, state)) [[unlikely]]
    return AllocError::double_free;
  claimed = {unit, state.order()};
  return {};
}

CENOTE_SLOW_PATH AllocError BuddyCore::why_not_in_use(std::uint32_t unit) const noexcept {
  return states_.is_covered(unit, geometry_.top_order()) ? AllocError::foreign_block : AllocError::double_free;
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

// --- pass-through -----------------------------------------------------------------------------------------------------------------

Result<void*> BuddyCore::pass(BuddyBlock ticket, std::size_t size, std::size_t alignment) noexcept {
  std::byte* const its_place = base_ + geometry_.offset_of(ticket);
  if (void* const block = passed_->take(size, alignment, address_of(its_place))) return block;
  BuddyBlock claimed;
  if (claim(its_place, kAnySize, claimed) == AllocError{}) put_back(claimed);
  return AllocError::out_of_memory;
}

// Of two threads that give one block back at the same instant the first to claim it has the ticket.
AllocError BuddyCore::deallocate_passed(void* address, std::size_t size) noexcept {
  const MallocBlocks::Found found = passed_->find(address);
  if (found.error != AllocError{}) return found.error;
  auto* const its_place = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(found.note));
  const BlockState state = states_.at(geometry_.unit_at(offset_of(its_place)));
  if (!size_matches(geometry_, state, size)) return AllocError::size_mismatch;
  if (const AllocError error = passed_->claim(address).error; error != AllocError{}) return error;
  BuddyBlock ticket;
  const AllocError error = claim(its_place, kAnySize, ticket);
  CENOTE_CHECK(error == AllocError{}, "a passed block without a ticket");
  MallocBlocks::free_claimed(address);
  put_back(ticket);
  return {};
}

// --- what it knows ----------------------------------------------------------------------------------------------------------------

std::size_t BuddyCore::usable_size(const void* address) const noexcept {
  if (passed_ != nullptr) return usable_size_of_passed(address);
  const std::size_t offset = offset_of(address);
  if (offset >= geometry_.bytes() || !geometry_.is_unit_start(offset)) return 0;
  const BlockState state = states_.at(geometry_.unit_at(offset));
  return state.is_in_use() ? geometry_.block_bytes(state.order()) : 0;
}

std::size_t BuddyCore::usable_size_of_passed(const void* address) const noexcept {
  const MallocBlocks::Found found = passed_->find(address);
  return found.error == AllocError{} ? found.bytes : 0;
}

std::size_t BuddyCore::largest_free() noexcept {
  const AllLocked locked{*this};
  join_all();
  return tree_.free_units() == 0 ? 0 : geometry_.block_bytes(tree_.largest_order());
}

// A sum of the shelves' peaks is never too low, and exact for one shelf. Nor is what was outside the tree, which counts what lay on
// shelves, but not twice what one thread took and another gave back.
void BuddyCore::count_use(BuddyStats& stats) const noexcept {
  std::int64_t blocks = 0, units = 0, peak_blocks = 0, peak_units = 0;
  for (std::size_t i = 0; i < plan_.shelves; ++i) {
    const BuddyShelf& shelf = shelves()[i];
    stats.allocations += shelf.allocations();
    blocks += shelf.blocks().now();
    units += shelf.units().now();
    peak_blocks += shelf.blocks().peak();
    peak_units += shelf.units().peak();
  }
  const std::size_t unit_bytes = geometry_.unit_bytes();
  stats.in_use = static_cast<std::size_t>(blocks);
  stats.bytes_in_use = static_cast<std::size_t>(units) * unit_bytes;
  stats.deallocations = stats.allocations - stats.in_use;
  stats.peak_in_use = std::min(static_cast<std::size_t>(peak_blocks), std::size_t{tree_.peak_out_blocks()});
  stats.peak_bytes_in_use =
      std::min(static_cast<std::size_t>(peak_units), std::size_t{tree_.peak_out_units()}) * unit_bytes;
}

void BuddyCore::count_free(BuddyStats& stats) const noexcept {
  stats.orders = geometry_.orders();
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order)
    stats.free_blocks[order] = tree_.count(order);
  stats.free_bytes = std::size_t{tree_.free_units()} * geometry_.unit_bytes();
  stats.largest_free = stats.free_bytes == 0 ? 0 : geometry_.block_bytes(tree_.largest_order());
}

BuddyStats BuddyCore::stats() noexcept {
  BuddyStats stats;
  stats.bytes = geometry_.bytes();
  stats.block_min = geometry_.unit_bytes();
  stats.bytes_reserved = reserved_.bytes;
  stats.bytes_committed = plan_.block_pages + plan_.bytes - plan_.tables;
  stats.pages = pages_;
  const AllLocked locked{*this};
  join_all();
  count_use(stats);
  count_free(stats);
  stats.failures = failures_;
  return stats;
}

// --- trim -------------------------------------------------------------------------------------------------------------------------

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

// --- checks -----------------------------------------------------------------------------------------------------------------------

void BuddyCore::check_shelf(const BuddyShelf& shelf) const noexcept {
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order) {
    CENOTE_CHECK(shelf.size(order) <= BuddyShelf::kMagazineMax, "a magazine holds more than it can");
    for (std::uint32_t i = 0; i < shelf.size(order); ++i) {
      const BuddyBlock block{shelf.unit(order, i), order};
      CENOTE_CHECK(block.unit % block.units() == 0 && block.unit + block.units() <= geometry_.units(),
                   "a shelved block is none");
      CENOTE_CHECK(!states_.is_covered(block.unit, geometry_.top_order()), "a shelved block is in use");
      CENOTE_CHECK(!tree_.contains(block), "a shelved block is in the tree too");
    }
  }
}

// The block, in use or in the tree, that starts at `unit`.
BuddyBlock BuddyCore::block_from(std::uint32_t unit) const noexcept {
  const BlockState state = states_.at(unit);
  if (state.is_in_use()) return {unit, state.order()};
  for (std::uint32_t order = 0; order < geometry_.orders(); ++order) {
    const BuddyBlock block{unit, order};
    if (unit % block.units() != 0 || !tree_.contains(block)) continue;
    CENOTE_CHECK(order == geometry_.top_order() || !tree_.contains(block.buddy()),
                 "two free buddies are not joined");
    return block;
  }
  check_failed(__FILE__, __LINE__, "block_from", "a lost unit: neither in use nor free");
}

void BuddyCore::check_invariants() noexcept {
  const AllLocked locked{*this};
  for (std::size_t i = 0; i < plan_.shelves; ++i) check_shelf(shelves()[i]);
  join_all();
  std::uint64_t used = 0, used_units = 0;
  for (std::uint32_t unit = 0; unit < geometry_.units();) {
    const BuddyBlock block = block_from(unit);
    if (states_.at(unit).is_in_use()) {
      ++used;
      used_units += block.units();
    }
    unit += block.units();
    CENOTE_CHECK(unit <= geometry_.units(), "a block reaches beyond the memory");
  }
  BuddyStats counted;
  count_use(counted);
  CENOTE_CHECK(counted.in_use == used && tree_.out_blocks() == used, "blocks in use are miscounted");
  CENOTE_CHECK(tree_.free_units() + used_units == geometry_.units(), "free units are miscounted");
}

}  // namespace cenote
