#include <algorithm>
#include <new>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/slab_core.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/handlers.hpp>
#include <cenote/slab_allocator.hpp>

#include "base/text.hpp"
#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "pool_support/pass_through.hpp"

namespace cenote {
namespace {

std::size_t core_bytes() noexcept { return align_up(sizeof(SlabCore), os::page_bytes()); }

}  // namespace

bool SlabCore::are_sound(const SlabOptions& options) noexcept {
  return (options.classes == SizeClasses::halves || options.classes == SizeClasses::quarters) &&
         os::has_memory(options.numa_node);
}

SlabCore* SlabCore::open(const SlabOptions& options, const annotate::Marks* marks) noexcept {
  os::Memory& memory = g_backing.pages.memory();
  const os::Region region = memory.map(core_bytes(), os::page_bytes());
  if (!region) return nullptr;
  auto* const core = ::new (region.start) SlabCore{options, marks, memory};
  if (passes_through(options.pass_through) && !core->open_passed()) {
    close(core);
    return nullptr;
  }
  core->enlist();
  return core;
}

void SlabCore::enlist() noexcept {
  using stats::Figure, stats::Gauge;
  stats::Gauges gauges{.holder = static_cast<const SlabHolder*>(this), .borrows = passed_ != nullptr};
  gauges.add(Gauge::in_array(Figure::allocations, bins_.data(), bins_.size(), &SlabBin::allocations))
      .add(Gauge::of(Figure::allocations, large_allocations_))
      .add(Gauge::of(Figure::failures, failures_))
      .add(Gauge::constant(Figure::metadata, core_bytes()))
      .add(Gauge::of(Figure::limit, budget_.limit_word()));
  listed_.open(stats::Kind::slab_allocator, name_, gauges);
}

// No size is small any more, and no bin has a block.
bool SlabCore::open_passed() noexcept {
  passed_ = MallocBlocks::create(memory_, budget_);
  threshold_ = 0;
  bin_by_granules_.fill(&no_bin_);
  return passed_ != nullptr;
}

void SlabCore::close(SlabCore* core) noexcept {
  if (const std::size_t blocks = core->blocks_in_use(); blocks != 0) report_leak(core->name_, blocks);
  core->listed_.close();
  core->release_all();
  os::Memory& memory = core->memory_;
  core->~SlabCore();
  memory.release({reinterpret_cast<std::byte*>(core), core_bytes()});
}

SlabCore::SlabCore(const SlabOptions& options, const annotate::Marks* marks, os::Memory& memory) noexcept
    : space_{g_backing.pages.space()},
      scheme_{options.classes},
      wish_{options.pages, options.numa_node},
      marks_{marks},
      memory_{memory},
      name_budget_{options.name} {
  budget_.set_limit(options.limit_bytes, LimitAction::refuse);
  threshold_ =
      options.large_threshold == 0 ? kThresholdDefault : std::min(options.large_threshold, kSlabBlockMax);
  class_count_ = slab_classes::index_of(scheme_, align_up(threshold_, 16)) + 1;
  for (std::size_t c = 0; c < class_count_; ++c) {
    bins_[c].open(c, slab_classes::block_bytes(scheme_, c), options.empty_slabs_max);
  }
  for (std::size_t granules = 1; granules < bin_by_granules_.size(); ++granules) {
    const std::size_t size = granules * slab_classes::kGranule;
    bin_by_granules_[granules] = size > threshold_ ? &no_bin_ : &bins_[slab_classes::index_of(scheme_, size)];
  }
  text::copy(options.name, name_);
}

// --- allocation --------------------------------------------------------------------------------------------

SlabCore::Route SlabCore::route(std::size_t size, std::size_t alignment) noexcept {
  if (size == 0) return {AllocError::zero_size};
  if (!is_power_of_two(alignment) || alignment > kSlabAlignmentMax) return {AllocError::bad_alignment};
  if (size > PTRDIFF_MAX) return {AllocError::too_large};
  if (size > threshold_ || alignment > kUnitBytes) return {};
  const std::size_t c = slab_classes::aligned_index_of(scheme_, size, alignment);
  if (c >= class_count_) return {};
  return {AllocError{}, &bins_[c]};
}

AllocError SlabCore::refill(SlabBin& bin) noexcept {
  if (bin.make_ready(space_)) return AllocError{};
  const AllocError error = add_slab(bin);
  // The last resort: what other classes keep for nothing.
  return error != AllocError{} && release_empty() != 0 ? add_slab(bin) : error;
}

AllocError SlabCore::add_slab(SlabBin& bin) noexcept {
  const SlabShape& shape = bin.shape();
  const Units units{shape.units};
  const UnitRun run = take_units(units);
  if (run.head == nullptr) return refusal(bytes_of(units));
  space_.forget_states(run.start, bytes_of(units), run.clean);
  run.head->open(this, shape, {static_cast<std::uint8_t>(&bin - bins_.data())}, run.start, run.clean);
  run.head->owner.store(SlabOwner::tag_of(this), std::memory_order_release);
  held_.push_back(*run.head);
  const std::byte* const base = space_.first().base();
  notes_bias_ = address_of(space_.notes_of(base)) - (address_of(base) >> 4);
  bin.adopt(*run.head, space_);
  return AllocError{};
}

UnitRun SlabCore::take_units(Units units) noexcept {
  if (!charge(bytes_of(units))) return {};
  UnitRun run{};
  if (g_backing.pages.use_states()) run = g_backing.pages.allocate(units, here());
  if (run.head == nullptr && g_backing.huge.purge_all() != 0) run = g_backing.pages.allocate(units, here());
  if (run.head == nullptr) {
    budget_.uncharge(bytes_of(units));
  } else {
    granted_ = run.place.pages();
  }
  return run;
}

Place SlabCore::here() const noexcept { return g_backing.pages.nodes().place_for(wish_); }

bool SlabCore::charge(std::size_t bytes) noexcept {
  if (!budget_.charge_unreported(bytes)) return false;
  budget_.report_passed();
  return true;
}

/// Why a request for `bytes` more has just failed.
AllocError SlabCore::refusal(std::size_t bytes) noexcept {
  return budget_.refuser_of(bytes) != nullptr ? AllocError::limit_reached : AllocError::out_of_memory;
}

// --- deallocation ------------------------------------------------------------------------------------------

void SlabCore::on_event(Slab& slab) noexcept {
  if (Slab* const gone = bins_[slab.size_class.index].on_event(slab)) release(*gone);
}

void SlabCore::release(Slab& slab) noexcept {
  held_.remove(slab);
  give_units(slab);
}

void SlabCore::give_units(Slab& head) noexcept {
  const Units units = head.units;
  std::byte* const start = head.start;
  const bool is_slab = head.kind == UnitKind::slab;
  const bool touched = !is_slab || !head.clean || head.carved != 0;
  if (marks_ != nullptr) marks_->allow(start, bytes_of(units));
  if (is_slab && head.used() != 0) space_.forget_states(start, bytes_of(units));
  head.close();
  g_backing.pages.deallocate(start, units, touched);
  budget_.uncharge(bytes_of(units));
  if (touched) purge_schedule::after_free();
}

std::size_t SlabCore::release_empty() noexcept {
  const std::size_t before = budget_.held();
  for (std::size_t c = 0; c < class_count_; ++c) {
    while (Slab* const slab = bins_[c].take_empty()) release(*slab);
  }
  return before - budget_.held();
}

std::size_t SlabCore::trim() noexcept {
  release_empty();
  return g_backing.purge_all();
}

void SlabCore::release_all() noexcept {
  while (Slab* const held = held_.pop_front()) give_units(*held);
  budget_.uncharge(g_backing.huge.release_all(*this));
  if (passed_ != nullptr) MallocBlocks::destroy(passed_);
  CENOTE_CHECK(budget_.held() == 0, "bytes held miscounted");
}

}  // namespace cenote
