/// Blocks above the threshold: units of their own, a mapping of their own, or in pass-through mode malloc's.
#include <cenote/detail/bits.hpp>
#include <cenote/detail/slab_core.hpp>
#include <cenote/detail/system.hpp>

#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"

namespace cenote {

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
  HugeBlock block = g_backing.huge.allocate(*this, whole, alignment, here()).block;
  if (block.start == nullptr && g_backing.pages.release_free() != 0)
    block = g_backing.huge.allocate(*this, whole, alignment, here()).block;
  if (block.start == nullptr) {
    budget_.uncharge(whole);
    return {AllocError::out_of_memory};
  }
  if (!charge(block.bytes - whole)) {  // a kept mapping may be an eighth larger: then it is cut
    const HugeBlock cut = g_backing.huge.resize(block, whole);
    if (cut.start == nullptr) {
      g_backing.huge.recycle(g_backing.huge.remove(block.start));
      budget_.uncharge(whole);
      return {AllocError::limit_reached};
    }
    block = cut;
  }
  large_bytes_ += block.bytes;
  return {AllocError{}, block.start};
}

SlabCore::Large SlabCore::allocate_passed(std::size_t size, std::size_t alignment) noexcept {
  const Result<void*> block = passed_->take(size, alignment);
  if (!block) return {block.error()};
  budget_.report_passed();
  large_bytes_ += size;
  return {AllocError{}, *block};
}

void SlabCore::deallocate_large(const Found& found, void* block) noexcept {
  --large_blocks_;
  large_bytes_ -= found.bytes;
  if (found.slab != nullptr) return release(*found.slab);
  if (passed_ != nullptr) {
    passed_->give(block);
    return;
  }
  const HugeBlock huge = g_backing.huge.remove(block);
  g_backing.huge.recycle(huge);
  budget_.uncharge(huge.bytes);
  purge_schedule::after_free();
}

}  // namespace cenote
