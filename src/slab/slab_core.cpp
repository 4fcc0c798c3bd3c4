#include <algorithm>
#include <new>

#include <cenote/base/bits.hpp>
#include <cenote/base/check.hpp>
#include <cenote/base/leak.hpp>
#include <cenote/os/system.hpp>
#include <cenote/pass/pass_through.hpp>
#include <cenote/slab/slab_core.hpp>

#include "pool/backing.hpp"
#include "pool/purge_schedule.hpp"

namespace cenote {
namespace {

std::size_t core_bytes() noexcept { return align_up(sizeof(SlabCore), os::page_bytes()); }

}  // namespace

SlabCore* SlabCore::open(const SlabOptions& options, const annotate::Marks* marks) noexcept {
  os::Memory& memory = g_backing.pages.memory();
  const os::Region region = memory.map(core_bytes(), os::page_bytes());
  if (!region) return nullptr;
  auto* const core = ::new (region.start) SlabCore{options, marks, memory};
  if (!passes_through(options.pass_through) || core->open_passed()) return core;
  close(core);
  return nullptr;
}

// No size is small any more, and no bin has a block.
bool SlabCore::open_passed() noexcept {
  passed_ = MallocBlocks::create(memory_);
  threshold_ = 0;
  bin_by_granules_.fill(&no_bin_);
  return passed_ != nullptr;
}

void SlabCore::close(SlabCore* core) noexcept {
  if (const std::size_t blocks = core->blocks_in_use(); blocks != 0) report_leak(core->name_, blocks);
  core->release_all();
  os::Memory& memory = core->memory_;
  core->~SlabCore();
  memory.release({reinterpret_cast<std::byte*>(core), core_bytes()});
}

SlabCore::SlabCore(const SlabOptions& options, const annotate::Marks* marks, os::Memory& memory) noexcept
    : space_{g_backing.pages.space()},
      scheme_{options.classes},
      bytes_max_{options.bytes_max},
      marks_{marks},
      memory_{memory} {
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
  options.name.copy(name_, kNameMax);
}

// --- allocation ------------------------------------------------------------------------------------------------------------------

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
  space_.forget_states(run.start, bytes_of(units));
  run.head->open(this, shape, {static_cast<std::uint8_t>(&bin - bins_.data())}, run.start, run.clean);
  run.head->owner.store(this, std::memory_order_release);
  held_.push_back(*run.head);
  const std::byte* const base = space_.first().base;
  notes_bias_ = address_of(space_.notes_of(base)) - (address_of(base) >> 4);
  bin.adopt(*run.head, space_);
  return AllocError{};
}

SlabCore::Large SlabCore::allocate_large(std::size_t size, std::size_t alignment) noexcept {
  const bool of_units = size <= kLargeBlockMax && alignment <= kUnitBytes;
  const auto attempt = [&] {
    if (passed_ != nullptr) return allocate_passed(size, alignment);
    return of_units ? allocate_units(size) : allocate_mapping(size, alignment);
  };
  Large large = attempt();
  if (large.block == nullptr && release_empty() != 0) large = attempt();
  if (large.block == nullptr) return large;
  ++large_blocks_;
  ++large_allocations_;
  return large;
}

SlabCore::Large SlabCore::allocate_units(std::size_t size) noexcept {
  const Units units = units_for(size);
  const UnitRun run = take_units(units);
  if (run.head == nullptr) return {refusal(bytes_of(units))};
  run.head->open_large(this, bytes_of(units), run.start, units);
  run.head->set_used(static_cast<std::uint32_t>(size));  // nothing counts down here: what was asked for
  held_.push_back(*run.head);
  large_bytes_ += bytes_of(units);
  return {AllocError{}, run.start};
}

SlabCore::Large SlabCore::allocate_mapping(std::size_t size, std::size_t alignment) noexcept {
  const std::size_t whole = align_up(size, os::page_bytes());
  if (!charge(whole)) return {AllocError::limit_reached};
  HugeBlock block = g_backing.huge.allocate(*this, whole, alignment).block;
  if (block.start == nullptr) {
    bytes_held_ -= whole;
    return {AllocError::out_of_memory};
  }
  if (!charge(block.bytes - whole)) {  // a kept mapping may be an eighth larger: then it is cut
    const HugeBlock cut = g_backing.huge.resize(block, whole);
    if (cut.start == nullptr) {
      bytes_held_ -= whole;
      g_backing.huge.recycle(g_backing.huge.remove(block.start));
      return {AllocError::limit_reached};
    }
    block = cut;
  }
  large_bytes_ += block.bytes;
  return {AllocError{}, block.start};
}

SlabCore::Large SlabCore::allocate_passed(std::size_t size, std::size_t alignment) noexcept {
  if (!charge(size)) return {AllocError::limit_reached};
  void* const block = passed_->take(size, alignment);
  if (block == nullptr) {
    bytes_held_ -= size;
    return {AllocError::out_of_memory};
  }
  large_bytes_ += size;
  return {AllocError{}, block};
}

UnitRun SlabCore::take_units(Units units) noexcept {
  if (!charge(bytes_of(units))) return {};
  const UnitRun run = g_backing.pages.allocate(units);
  if (run.head == nullptr) bytes_held_ -= bytes_of(units);
  return run;
}

bool SlabCore::charge(std::size_t bytes) noexcept {
  if (bytes_max_ != 0 && (bytes > bytes_max_ || bytes_held_ > bytes_max_ - bytes)) return false;
  bytes_held_ += bytes;
  return true;
}

/// Why a request for `bytes` more has just failed.
AllocError SlabCore::refusal(std::size_t bytes) const noexcept {
  const bool over = bytes_max_ != 0 && (bytes > bytes_max_ || bytes_held_ > bytes_max_ - bytes);
  return over ? AllocError::limit_reached : AllocError::out_of_memory;
}

// --- deallocation ----------------------------------------------------------------------------------------------------------------

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
  bytes_held_ -= bytes_of(units);
  g_backing.pages.deallocate(start, units, touched);
  if (touched) purge_schedule::after_free();
}

void SlabCore::deallocate_large(const Found& found, void* block) noexcept {
  --large_blocks_;
  large_bytes_ -= found.bytes;
  if (found.slab != nullptr) return release(*found.slab);
  if (passed_ != nullptr) {
    bytes_held_ -= found.bytes;
    passed_->give(block);
    return;
  }
  const HugeBlock huge = g_backing.huge.remove(block);
  bytes_held_ -= huge.bytes;
  g_backing.huge.recycle(huge);
  purge_schedule::after_free();
}

std::size_t SlabCore::release_empty() noexcept {
  const std::size_t before = bytes_held_;
  for (std::size_t c = 0; c < class_count_; ++c) {
    while (Slab* const slab = bins_[c].take_empty()) release(*slab);
  }
  return before - bytes_held_;
}

std::size_t SlabCore::trim() noexcept {
  const std::size_t bytes = release_empty();
  g_backing.purge_all();
  return bytes;
}

void SlabCore::release_all() noexcept {
  while (Slab* const held = held_.pop_front()) give_units(*held);
  bytes_held_ -= g_backing.huge.release_all(*this);
  if (passed_ != nullptr) {
    bytes_held_ -= passed_->bytes();
    MallocBlocks::destroy(passed_);
  }
  CENOTE_CHECK(bytes_held_ == 0, "bytes held miscounted");
}

// --- looking up ------------------------------------------------------------------------------------------------------------------

namespace {

AllocError explain_free(const Slab& slab, const void* block) noexcept {
  return slab.is_block_start(block) ? AllocError::double_free : AllocError::foreign_block;
}

}  // namespace

SlabCore::Found SlabCore::find(const void* block) const noexcept {
  if (!is_aligned(block, slab_classes::kGranule)) return {};
  Slab* slab = space_.descriptor_of(block);
  if (slab == nullptr) {
    if (passed_ != nullptr) {
      const MallocBlocks::Found passed = passed_->find(block);
      return {passed.error, nullptr, passed.bytes};
    }
    const HugeBlock huge = g_backing.huge.find(block);
    if (huge.start != nullptr && huge.holder == this) return {AllocError{}, nullptr, huge.bytes};
    const bool was_freed = huge.start == nullptr && g_backing.huge.was_freed(block);
    return {was_freed ? AllocError::double_free : AllocError::foreign_block};
  }
  if (slab->kind == UnitKind::unused) return {explain_unused(*slab, block)};
  if (slab->kind == UnitKind::interior) slab = slab->head;
  if (slab->holder != this) return {};
  switch (slab->kind) {
    case UnitKind::slab:
      if ((*space_.notes_of(block) & slab_note::live_bit(address_of(block))) == 0)
        return {explain_free(*slab, block)};
      return {AllocError{}, slab, slab->block_bytes};
    case UnitKind::large:
      return slab->start == block ? Found{AllocError{}, slab, slab->block_bytes} : Found{};
    case UnitKind::unused:
    case UnitKind::interior:
      break;
  }
  return {};
}

// Until somebody takes a free unit, its descriptor still says what it was.
AllocError SlabCore::explain_unused(const Slab& unit, const void* block) const noexcept {
  if (!g_backing.pages.is_free(block)) return AllocError::foreign_block;
  for (const Slab* const was : {&unit, static_cast<const Slab*>(unit.head)}) {
    if (was == nullptr || was->holder != this || was->kind != UnitKind::unused) continue;
    const bool inside = address_of(block) - address_of(was->start) < bytes_of(was->units);
    if (inside && (was->carved != 0 ? was->is_block_start(block) : was->start == block))
      return AllocError::double_free;
  }
  return AllocError::foreign_block;
}

bool SlabCore::size_matches(const Found& found, const void* block, std::size_t size) const noexcept {
  if (size == 0 || size > found.bytes) return false;
  if (passed_ != nullptr) return size == found.bytes;
  if (found.slab == nullptr) return found.bytes - size <= found.bytes / 8 + os::page_bytes();
  if (found.slab->kind == UnitKind::large) return found.slab->used() == size;
  const SlabBin& bin = bins_[found.slab->size_class.index];
  return *space_.notes_of(block) >> slab_note::kSlackShift == bin.slack_of(size);
}

bool SlabCore::owns(const void* address) const noexcept {
  if (passed_ != nullptr) return passed_->owns(address);
  const Slab* slab = space_.descriptor_of(address);
  if (slab == nullptr) return g_backing.huge.find_containing(*this, address).start != nullptr;
  if (slab->kind == UnitKind::interior) slab = slab->head;
  if (slab->kind == UnitKind::slab) return slab->holder == this;
  bool inside = false;
  for_each_held([&](const Slab& held) {
    inside = inside || (held.kind == UnitKind::large &&
                        address_of(address) - address_of(held.start) < held.block_bytes);
  });
  return inside;
}

// --- counting --------------------------------------------------------------------------------------------------------------------

std::size_t SlabCore::blocks_in_use() const noexcept {
  std::size_t blocks = large_blocks_;
  for_each_held([&](const Slab& slab) { blocks += slab.kind == UnitKind::slab ? slab.used() : 0; });
  return blocks;
}

std::size_t SlabCore::requested_in(const Slab& slab) const noexcept {
  const unsigned shift = bins_[slab.size_class.index].slack_shift;
  const std::uint8_t* const notes = space_.notes_of(slab.start);
  std::size_t bytes = 0;
  for (std::size_t offset = 0, i = 0; i < slab.carved; ++i, offset += slab.block_bytes) {
    const std::uint8_t note = notes[offset >> 4];
    if ((note & slab_note::live_bit(offset)) == 0) continue;
    const std::size_t slack = static_cast<std::size_t>(note >> slab_note::kSlackShift) << shift;
    bytes += slab.block_bytes - slack;
  }
  return bytes;
}

namespace {

void add(SlabUsage& sum, const SlabUsage& part) noexcept {
  sum.slabs_full += part.slabs_full;
  sum.slabs_partial += part.slabs_partial;
  sum.slabs_empty += part.slabs_empty;
  sum.blocks_in_use += part.blocks_in_use;
  sum.bytes_in_use += part.bytes_in_use;
  sum.bytes_requested += part.bytes_requested;
  sum.bytes_of_slabs += part.bytes_of_slabs;
}

void add_slab_to(SlabUsage& usage, const Slab& slab, std::size_t requested) noexcept {
  const std::size_t used = slab.used();
  ++(used == 0 ? usage.slabs_empty : used == slab.capacity ? usage.slabs_full : usage.slabs_partial);
  usage.blocks_in_use += used;
  usage.bytes_in_use += used * slab.block_bytes;
  usage.bytes_requested += requested;
  usage.bytes_of_slabs += bytes_of(slab.units);
}

/// The share of `whole` that `used` leaves over; 0 of nothing.
double share_lost(std::size_t used, std::size_t whole) noexcept {
  return whole == 0 ? 0.0 : 1.0 - static_cast<double>(used) / static_cast<double>(whole);
}

void set_fragmentation(SlabUsage& usage) noexcept {
  usage.internal_fragmentation = share_lost(usage.bytes_requested, usage.bytes_in_use);
  usage.external_fragmentation = share_lost(usage.bytes_in_use, usage.bytes_of_slabs);
}

}  // namespace

void SlabCore::read(SlabStats& stats) const noexcept {
  stats.classes.resize(class_count_);
  for_each_held([&](const Slab& slab) {
    if (slab.kind != UnitKind::slab) return;
    add_slab_to(stats.classes[slab.size_class.index], slab, requested_in(slab));
  });
  for (std::size_t c = 0; c < class_count_; ++c) {
    SlabClassStats& of_class = stats.classes[c];
    of_class.size = bins_[c].block_bytes;
    of_class.allocations = bins_[c].allocations;
    set_fragmentation(of_class);
    add(stats, of_class);
    stats.allocations += of_class.allocations;
  }
  set_fragmentation(stats);
  stats.name = name_;
  stats.large_blocks = large_blocks_;
  stats.large_bytes = large_bytes_;
  stats.bytes_held = bytes_held_;
  stats.limit_bytes = bytes_max_;
  stats.allocations += large_allocations_;
  stats.deallocations = stats.allocations - stats.blocks_in_use - large_blocks_;
  stats.failures = failures_;
}

void SlabCore::check_invariants() const noexcept {
  std::size_t bytes = 0;
  for_each_held([&](const Slab& slab) {
    CENOTE_CHECK(slab.holder == this, "a slab that names another holder");
    bytes += bytes_of(slab.units);
    if (slab.kind != UnitKind::slab) return;
    slab.check_invariants();
    std::uint32_t live = 0;
    const std::uint8_t* const notes = space_.notes_of(slab.start);
    for (std::size_t offset = 0; offset < bytes_of(slab.units); offset += 16) {
      constexpr unsigned kEither = slab_note::live_bit(0) | slab_note::live_bit(8);
      if ((notes[offset >> 4] & kEither) == 0) continue;  // most of them
      for (const std::size_t half : {std::size_t{0}, std::size_t{8}}) {
        if ((notes[offset >> 4] & slab_note::live_bit(half)) == 0) continue;
        CENOTE_CHECK(slab.is_block_start(slab.start + offset + half), "a note of a block where none starts");
        ++live;
      }
    }
    CENOTE_CHECK(live == slab.used(), "blocks in use without a note, or free ones with one");
  });
  for (std::size_t c = 0; c < class_count_; ++c) bins_[c].check_invariants();
  CENOTE_CHECK(bytes <= bytes_held_ && (bytes_max_ == 0 || bytes_held_ <= bytes_max_),
               "bytes held miscounted");
}

}  // namespace cenote
