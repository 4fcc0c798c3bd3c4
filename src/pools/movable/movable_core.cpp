#include <algorithm>
#include <new>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/movable_core.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/result.hpp>

#include "base/text.hpp"
#include "pools/movable/under_lock.hpp"

namespace cenote {

// --- life --------------------------------------------------------------------------------------------------

Result<MovableCore*> MovableCore::create(const MovablePlan& plan, const MovableOptions& options,
                                         os::Memory& memory) noexcept {
  const std::size_t page = os::page_bytes();
  const os::Region reserved = memory.reserve(plan.bytes, std::max(plan.alignment, page));
  if (!reserved) return AllocError::out_of_memory;
  if (!memory.commit({reserved.start, align_up(sizeof(MovableCore), page)})) {
    memory.release(reserved);
    return AllocError::out_of_memory;
  }
  auto* const core = new (reserved.start) MovableCore{plan, reserved, options, memory};
  if (const Result<void> opened = core->frames_.open(); !opened) {
    destroy(*core);
    return opened.error();
  }
  core->enlist();
  core->frames_.budget().report_passed();
  return core;
}

MovableCore::MovableCore(const MovablePlan& plan, os::Region reserved, const MovableOptions& options,
                         os::Memory& memory) noexcept
    : entries_{reinterpret_cast<MovableEntry*>(reserved.start + plan.entries)},
      frames_{plan, reserved, memory, options.name},
      reserved_{reserved},
      memory_{&memory} {
  text::copy(options.name, name_);
}

void MovableCore::destroy(MovableCore& core) noexcept {
  if (const std::size_t objects = core.objects(); objects != 0) report_leak(core.name_, objects);
  core.listed_.close();
  os::Memory& memory = *core.memory_;
  const os::Region reserved = core.reserved_;
  core.~MovableCore();
  memory.release(reserved);
}

void throw_plan_failure(const MovablePlanOutcome& outcome) {
  if (outcome.error == AllocError::bad_option) throw AllocFailure{outcome.option, outcome.problem};
  throw AllocFailure{outcome.error};
}

// --- objects -----------------------------------------------------------------------------------------------

// That a slot is free says that an entry is: there are as many, and each object has one and a slot at least.
std::uint32_t MovableCore::next_entry() const noexcept {
  return free_entries_ != kNoPlace ? free_entries_ : entries_used_.load(std::memory_order_relaxed);
}

void MovableCore::use_entry(std::uint32_t entry, MovablePlace place) noexcept {
  if (free_entries_ != kNoPlace) {
    free_entries_ = entries()[entry].place();
    entries()[entry].set_closed(place);
  } else {
    entries()[entry].set_closed(place);
    entries_used_.store(entry + 1, std::memory_order_release);
  }
}

MovablePlace MovableCore::find_place(std::uint32_t entry, AllocError& error) noexcept {
  error = AllocError::exhausted;
  if (objects() == objects_max()) return kNoPlace;
  const MovablePlace place = frames_.take(entry);
  if (place != kNoPlace) return place;
  const Result<void> grown = frames_.grow();
  if (grown) return frames_.take(entry);
  error = grown.error();
  return frames_.take_in_source(entry);
}

Result<MovableCore::Storage> MovableCore::reserve() noexcept {
  const detail::LimitReporter reporter{frames_.budget()};
  const os::LockGuard guard{lock_};
  const std::uint32_t entry = next_entry();
  AllocError error{};
  const MovablePlace place = find_place(entry, error);
  if (place == kNoPlace) [[unlikely]] {
    add(failures_, 1);
    return error;
  }
  use_entry(entry, place);
  add(objects_, 1);
  add(made_, 1);
  return Storage{frames_.address_of(place), {entry, lives()[entry]}};
}

void MovableCore::publish(const Storage& storage) noexcept {
  MovableEntry& entry = entries()[storage.id.entry];
  entry.open(entry.place());
}

void MovableCore::release(std::uint32_t entry) noexcept {
  const os::LockGuard guard{lock_};
  frames_.put(entries()[entry].place());
  ++lives()[entry];
  entries()[entry].set_closed(free_entries_);
  free_entries_ = entry;
  subtract(objects_, 1);
}

void MovableCore::report_ended(MovableId id) const noexcept {
  report_misuse({AllocError::double_free, &entries()[id.entry], name_});
}

// --- figures -----------------------------------------------------------------------------------------------

MovableStats MovableCore::stats() noexcept {
  const os::LockGuard guard{lock_};
  const MovablePlan& plan = frames_.plan();
  MovableStats stats;
  stats.objects = objects();
  stats.objects_max = objects_max();
  stats.object_bytes = plan.object_bytes;
  stats.bytes_live = stats.objects * plan.object_bytes;
  stats.frame_bytes = plan.frame_bytes();
  stats.frames_in_use = frames_.in_use();
  stats.frames_empty = frames_.empty();
  stats.bytes_committed = (stats.frames_in_use + stats.frames_empty) * plan.frame_bytes();
  stats.bytes_metadata = frames_.metadata_bytes();
  stats.bytes_reserved = reserved_.bytes;
  stats.fragmentation = frames_.fragmentation();
  stats.allocations = made_.load(std::memory_order_relaxed);
  stats.failures = failures_.load(std::memory_order_relaxed);
  stats.moved = moved_.load(std::memory_order_relaxed);
  stats.skipped_pinned = skipped_.load(std::memory_order_relaxed);
  stats.bytes_given_back = given_back_.load(std::memory_order_relaxed);
  return stats;
}

// Of a frame in use that is no object's: free slots, and what is too short for one at the end.
void MovableCore::enlist() noexcept {
  using stats::Figure, stats::Gauge;
  const MovablePlan& plan = frames_.plan();
  const auto frame = static_cast<std::int64_t>(plan.frame_bytes());
  const auto object = static_cast<std::int64_t>(plan.object_bytes);
  stats::Gauges gauges{.block_bytes = plan.object_bytes, .stride = plan.object_bytes};
  gauges.add(Gauge::of(Figure::blocks_in_use, objects_))
      .add(Gauge::constant(Figure::blocks_capacity, plan.objects_max))
      .add(Gauge::of(Figure::allocations, made_))
      .add(Gauge::of(Figure::failures, failures_))
      .add(Gauge::of(Figure::partial_slabs, frames_.in_use_word(), frame))
      .add(Gauge::of(Figure::partial_slabs, objects_, -object))
      .add(Gauge::of(Figure::empty_slabs, frames_.empty_word(), frame))
      .add(Gauge::of(Figure::untouched, frames_.committed_word(), frame))
      .add(Gauge::of(Figure::untouched, frames_.in_use_word(), -frame))
      .add(Gauge::of(Figure::untouched, frames_.empty_word(), -frame))
      .add(Gauge::constant(Figure::metadata, plan.frame_table + 2 * plan.set.bytes()))
      .add(Gauge::of(Figure::metadata, frames_.committed_word(),
                     static_cast<std::int64_t>(frames_.metadata_of_frame())))
      .add(Gauge::constant(Figure::reserved, reserved_.bytes));
  listed_.open(stats::Kind::movable_pool, name_, gauges);
}

void MovableCore::check_invariants() noexcept {
  const os::LockGuard guard{lock_};
  frames_.check_invariants();
  std::size_t free = 0;
  for (std::uint32_t entry = free_entries_; entry != kNoPlace; entry = entries()[entry].place()) ++free;
  CENOTE_CHECK(free + objects() == entries_used_.load(std::memory_order_relaxed), "an entry is lost");
}

}  // namespace cenote
