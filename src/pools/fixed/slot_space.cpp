#include <algorithm>
#include <bit>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/slot_space.hpp>
#include <cenote/detail/system.hpp>

#include "base/text.hpp"

namespace cenote {

SlotSpace::SlotSpace(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
                     const PoolOptions& options) noexcept
    : base_{reserved.start + plan.blocks},
      geometry_{plan.geometry},
      plan_{plan},
      reserved_{reserved},
      memory_{&memory},
      budget_{options.name},
      prefault_{options.prefault},
      pages_{options.pages, options.numa_node} {
  text::copy(options.name, name_);
}

Result<void> SlotSpace::open() noexcept {
  if (!budget_.charge(committed_bytes(plan_.capacity))) return AllocError::limit_reached;
  if (!commit_to(plan_.capacity)) return AllocError::out_of_memory;
  if (plan_.passes_through) {
    passed_ = PassedBlocks::create({.block_bytes = plan_.block_bytes,
                                    .alignment = plan_.alignment,
                                    .capacity = plan_.passed_capacity,
                                    .capacity_max = plan_.passed_capacity_max},
                                   *memory_, budget_.shared());
    if (passed_ == nullptr) return AllocError::out_of_memory;
  }
  capacity_.store(plan_.capacity, std::memory_order_relaxed);
  stock_.store(plan_.capacity, std::memory_order_relaxed);
  budget_.report_passed();
  return {};
}

bool SlotSpace::contains(const void* address) const noexcept {
  return address_of(address) - address_of(base_) < capacity() * stride();
}

// --- stock -------------------------------------------------------------------------------------------------

void SlotSpace::count_idle(SlotIndex more) noexcept {
  idle_ += more;
  stock_.store(stock() + more, std::memory_order_relaxed);
}

SlotRun SlotSpace::take_stock(SlotIndex most) noexcept {
  SlotRun run{circulated_, std::min(most, capacity() - circulated_)};
  if (idle_ != 0) {
    run = plan_.idle.take_lowest(idle_words(), most);
    idle_ -= run.count;
    set_purged(group_of(run.first), false);
  } else {
    circulated_ += run.count;
  }
  note_circulation();
  stock_.store(stock() - run.count, std::memory_order_relaxed);
  return run;
}

void SlotSpace::stow(const SlotIndex* slots, SlotIndex count) noexcept {
  for (SlotIndex i = 0; i < count; ++i) plan_.idle.insert(idle_words(), slots[i]);
  count_idle(count);
  note_circulation();
}

// --- growing -----------------------------------------------------------------------------------------------

std::size_t SlotSpace::purged_end() const noexcept {
  return plan_.purged + IndexSet::level_bytes(plan_.capacity_max / plan_.group_slots + 1);
}

// Committing what is committed already changes nothing, so parts may share a page.
bool SlotSpace::commit(std::size_t from, std::size_t to) noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t first = align_down(from, page), end = align_up(to, page);
  const os::Region pages{reserved_.start + first, end - first};
  if (from == to) return true;
  if (!memory_->commit(pages)) return false;
  if (prefault_) os::prefault(*memory_, pages, pages_);
  return true;
}

bool SlotSpace::commit_to(SlotIndex capacity) noexcept {
  const std::size_t from = SlotSpace::capacity(), to = capacity;
  if (!commit(plan_.entries + from * plan_.entry_bytes, plan_.entries + to * plan_.entry_bytes)) return false;
  if (!commit(plan_.states + from * plan_.state_bytes, plan_.states + to * plan_.state_bytes)) return false;
  if (!commit(plan_.idle_words, plan_.idle_words + IndexSet::level_bytes(capacity))) return false;
  if (!commit(plan_.idle_words + plan_.idle.upper_levels(), purged_end())) return false;
  return commit(plan_.blocks + from * stride(), plan_.blocks + to * stride());
}

Result<std::size_t> SlotSpace::grow(std::size_t blocks) noexcept {
  const SlotIndex before = capacity();
  if (blocks > plan_.capacity_max - before) return AllocError::limit_reached;
  const auto after = static_cast<SlotIndex>(before + blocks);
  const std::size_t more = committed_bytes(after) - committed_bytes(before);
  if (!budget_.charge(more)) return AllocError::limit_reached;
  if (!commit_to(after)) {
    budget_.uncharge(more);
    return AllocError::out_of_memory;
  }
  if (blocks != 0) ++grows_;
  capacity_.store(after, std::memory_order_relaxed);
  stock_.store(stock() + static_cast<SlotIndex>(blocks), std::memory_order_relaxed);
  return std::size_t{after};
}

Result<void> SlotSpace::grow_on_demand() noexcept {
  const SlotIndex room = plan_.capacity_max - capacity();
  if (room == 0) return AllocError::exhausted;
  SlotIndex wanted = std::min(room, std::max(capacity() / 2, plan_.group_slots));
  for (;;) {
    const Result<std::size_t> grown = grow(wanted);
    if (grown) return {};
    if (grown.error() != AllocError::limit_reached || wanted <= plan_.group_slots) return grown.error();
    wanted = std::max(wanted / 2, plan_.group_slots);
  }
}

// --- shrinking ---------------------------------------------------------------------------------------------

bool SlotSpace::is_purged(SlotIndex group) const noexcept {
  return (words_at(plan_.purged)[group / 64] >> (group % 64) & 1) != 0;
}

void SlotSpace::set_purged(SlotIndex group, bool purged) noexcept {
  std::uint64_t& word = words_at(plan_.purged)[group / 64];
  const std::uint64_t bit = std::uint64_t{1} << (group % 64);
  word = purged ? word | bit : word & ~bit;
}

SlotRun SlotSpace::slots_of(SlotIndex group) const noexcept {
  const SlotIndex first = group * plan_.group_slots;
  return {first, std::min(plan_.group_slots, circulated_ - first)};
}

bool SlotSpace::all_free(SlotRun slots, const void* pool, IsFree is_free) const noexcept {
  for (SlotIndex slot = slots.first; slot < slots.first + slots.count; ++slot) {
    if (!is_idle(slot) && !is_free(pool, slot)) return false;
  }
  return true;
}

void SlotSpace::chill(SlotIndex group) noexcept {
  const SlotRun slots = slots_of(group);
  for (SlotIndex slot = slots.first; slot < slots.first + slots.count; ++slot) {
    if (is_idle(slot)) continue;
    plan_.idle.insert(idle_words(), slot);
    count_idle(1);
  }
  set_purged(group, true);
}

// The whole pages of a run of groups; of the last ones in circulation, also the page that the fresh tail
// begins in.
os::Region SlotSpace::pages_of(SlotIndex first_group, SlotIndex end_group) const noexcept {
  const std::size_t page = os::page_bytes();
  const SlotIndex end_slot = std::min(end_group * plan_.group_slots, circulated_);
  const std::size_t first =
      align_up(plan_.blocks + geometry_.offset_of(first_group * plan_.group_slots), page);
  const std::size_t end_byte = plan_.blocks + geometry_.offset_of(end_slot);
  const std::size_t end = end_slot == circulated_ ? align_up(end_byte, page) : align_down(end_byte, page);
  return {reserved_.start + first, end > first ? end - first : 0};
}

std::size_t SlotSpace::purge(SlotIndex first_group, SlotIndex end_group) noexcept {
  const os::Region pages = pages_of(first_group, end_group);
  return pages.bytes != 0 && memory_->purge(pages) ? pages.bytes : 0;
}

// One pass over runs of groups that are purged afterwards. What of a run was purged before does not count
// again.
std::size_t SlotSpace::cool(const void* pool, IsFree is_free) noexcept {
  const auto groups = static_cast<SlotIndex>(ceil_div(circulated_, plan_.group_slots));
  std::size_t given = 0;
  for (SlotIndex group = 0; group < groups; ++group) {
    const SlotIndex first = group;
    std::size_t given_before = 0;
    bool anything_new = false;
    for (; group < groups; ++group) {
      const SlotIndex purged_first = group;
      while (group < groups && is_purged(group)) ++group;
      given_before += pages_of(purged_first, group).bytes;
      if (group == groups || !all_free(slots_of(group), pool, is_free)) break;
      chill(group);
      anything_new = true;
    }
    if (!anything_new) continue;
    const std::size_t purged = purge(first, group);
    given += purged - std::min(purged, given_before);
  }
  trim();
  note_circulation();
  return given;
}

void SlotSpace::forget_idle(SlotRun slots) noexcept {
  for (SlotIndex done = 0; done < slots.count; done += IndexSet::kWordBits) {
    plan_.idle.erase(idle_words(), slots.first + done, std::min(IndexSet::kWordBits, slots.count - done));
  }
  idle_ -= slots.count;
}

// Slots at the end of which all are idle become fresh again.
void SlotSpace::trim() noexcept {
  while (circulated_ != 0) {
    const SlotIndex last = group_of(circulated_ - 1);
    if (!is_purged(last)) break;
    forget_idle(slots_of(last));
    set_purged(last, false);
    circulated_ = last * plan_.group_slots;
  }
  const SlotIndex before = capacity();
  const SlotIndex after = std::max(circulated_, plan_.capacity);
  if (after >= before) return;
  const std::size_t page = os::page_bytes();
  const std::size_t first = align_up(plan_.blocks + geometry_.offset_of(after), page);
  const std::size_t end = align_up(plan_.blocks + geometry_.offset_of(before), page);
  capacity_.store(after, std::memory_order_relaxed);
  stock_.store(stock() - (before - after), std::memory_order_relaxed);
  if (first < end) memory_->decommit({reserved_.start + first, end - first});
  budget_.uncharge(committed_bytes(before) - committed_bytes(after));
}

// --- identity ----------------------------------------------------------------------------------------------

// Parts lie in rising order and may share pages, which count once.
std::size_t SlotSpace::committed_bytes(SlotIndex slots) const noexcept {
  const std::size_t page = os::page_bytes();
  const std::size_t ends[][2] = {{0, plan_.entries},
                                 {plan_.entries, plan_.entries + std::size_t{slots} * plan_.entry_bytes},
                                 {plan_.states, plan_.states + std::size_t{slots} * plan_.state_bytes},
                                 {plan_.idle_words, plan_.idle_words + IndexSet::level_bytes(slots)},
                                 {plan_.idle_words + plan_.idle.upper_levels(), purged_end()},
                                 {plan_.blocks, plan_.blocks + slots * stride()}};
  std::size_t bytes = 0, counted_to = 0;
  for (const auto& [from, to] : ends) {
    const std::size_t first = std::max(align_down(from, page), counted_to), end = align_up(to, page);
    if (from == to || end <= first) continue;
    bytes += end - first;
    counted_to = end;
  }
  return bytes;
}

AllocError SlotSpace::deallocate_passed(void* block, AllocError error) const noexcept {
  return passed_ == nullptr || error == AllocError::size_mismatch ? error : passed_->deallocate(block);
}

AllocError SlotSpace::check_passed(const void* block, AllocError error) const noexcept {
  return passed_ == nullptr ? error : passed_->check(block);
}

void SlotSpace::describe(PoolStats& stats) const noexcept {
  stats.capacity = capacity();
  stats.grows = grows_;
  stats.block_size = plan_.block_bytes;
  stats.bytes_reserved = reserved_.bytes;
  stats.bytes_committed = committed_bytes(capacity());
  stats.pages = pages_.kind;
  stats.numa_node = pages_.node;
}

void SlotSpace::add_idle(stats::Gauges& gauges, stats::Figure memory,
                         const stats::Gauge& slots) const noexcept {
  gauges.add(slots.as(memory, static_cast<std::int64_t>(stride())))
      .add(slots.as(stats::Figure::blocks_in_use, -1));
}

void SlotSpace::enlist(stats::Gauges counts) noexcept {
  using stats::Figure, stats::Gauge;
  if (passed_ != nullptr) return passed_->enlist(listed_, name_);
  counts.block_bytes = block_bytes();
  counts.stride = stride();
  const auto tables = static_cast<std::int64_t>(plan_.entry_bytes + plan_.state_bytes);
  counts.add(capacity_gauge(Figure::blocks_in_use, 1))
      .add(stock_gauge(Figure::blocks_in_use, -1))
      .add(capacity_gauge(Figure::blocks_capacity, 1))
      .add(stock_gauge(Figure::untouched, static_cast<std::int64_t>(stride())))
      .add(Gauge::constant(Figure::reserved, reserved_.bytes))
      .add(Gauge::constant(Figure::metadata, plan_.entries))
      .add(capacity_gauge(Figure::metadata, tables))
      .add(stock_gauge(Figure::metadata,
                       -tables));  // what is in stock has entries that were never written, mostly
  listed_.open(stats::Kind::fixed_pool, name_, counts);
}

}  // namespace cenote
