#include <algorithm>
#include <string_view>
#include <utility>

#include <cenote/detail/system.hpp>
#include <cenote/fixed_arena.hpp>

#include "pools/arena/wipe.hpp"

namespace cenote {

AllocError FixedArena::open(std::size_t bytes, os::Memory& memory) noexcept {
  if (bytes == 0) return AllocError::bad_option;
  if (bytes > kArenaBytesMax) return AllocError::too_large;
  const std::size_t page = os::page_bytes();
  detail::PoolBudget budget{std::string_view{}};
  if (!budget.charge(align_up(bytes, page))) return AllocError::limit_reached;
  own_ = memory.map(align_up(bytes, page), page);
  if (!own_) return AllocError::out_of_memory;
  budget_ = std::move(budget);
  budget_.report_passed();
  memory_ = &memory;
  start_ = own_.start;
  bump_ = {address_of(start_), address_of(start_) + bytes};
  dirty_ = bump_.at;
  return {};
}

void FixedArena::open_or_throw(std::size_t bytes, os::Memory& memory) {
  const AllocError error = open(bytes, memory);
  if (error == AllocError::bad_option) throw AllocFailure{"bytes", "is 0: say how large the arena is"};
  if (error != AllocError{}) throw_alloc_failure(error);
}

void FixedArena::release() noexcept {
  if (own_) memory_->release(own_);
}

void FixedArena::swap(FixedArena& other) noexcept {
  std::swap(bump_, other.bump_);
  std::swap(start_, other.start_);
  std::swap(failures_, other.failures_);
  std::swap(dirty_, other.dirty_);
  std::swap(peak_used_, other.peak_used_);
  std::swap(own_, other.own_);
  std::swap(memory_, other.memory_);
  std::swap(budget_, other.budget_);
}

AllocError FixedArena::refuse(std::size_t size, std::size_t alignment) noexcept {
  ++failures_;
  if (const AllocError error = why_not_servable(size, alignment); error != AllocError{}) return error;
  Bump empty{address_of(start_), bump_.end};
  return empty.try_take(size, alignment) == nullptr ? AllocError::too_large : AllocError::exhausted;
}

void FixedArena::rewind(Scrub scrub) noexcept {
  const std::uintptr_t first = address_of(start_);
  peak_used_ = std::max(peak_used_, used());
  dirty_ = std::max(dirty_, bump_.at);
  bump_.at = first;
  if (scrub == Scrub::none) return;
  wipe(first, dirty_, scrub, memory_, own_);
  dirty_ = first;
}

ArenaStats FixedArena::stats() const noexcept {
  return {.used = used(),
          .peak_used = std::max(peak_used_, used()),
          .limit_bytes = capacity(),
          .chunks = capacity() != 0 ? std::size_t{1} : 0,
          .bytes_committed = own_ ? own_.bytes : capacity(),
          .failures = failures_};
}

}  // namespace cenote
