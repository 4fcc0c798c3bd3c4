/// What stands at the start of an arena's chunk, and the log of its setbacks at its end.
///
///     | header | blocks . . . . . . > free . . . . . . | spare | setback 1 | setback 0 |
///              ^ begin                                         ^ log_start   the oldest
///
/// Invariants  setbacks rise in place and in time. Blocks end before `spare`, so that one more can be noted without asking anybody for
///             memory; or exactly at the newest setback, which any further one replaces.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>

namespace cenote {

/// At `time` the arena went back to `place`: what stood above it is gone.
struct alignas(std::max_align_t) ArenaSetback {
  std::uintptr_t place = 0;
  std::uint64_t time = 0;
};

struct alignas(std::max_align_t) ArenaChunk {
  ArenaChunk* previous = nullptr;  // the one opened before; of those kept for later, the next
  std::size_t bytes = 0;           // all of it, a multiple of 16
  std::uint64_t opened = 0;        // when
  std::size_t used_before = 0;     // in older chunks
  std::uintptr_t begin = 0;        // of the first block
  std::uintptr_t left_at = 0;      // where the blocks ended when the next chunk was opened
  std::uintptr_t dirty = 0;        // bytes from here to the log read as zero
  std::uint32_t setbacks = 0;
  std::uint32_t setbacks_max = 0;  // since the log was last wiped

  std::uintptr_t payload() const noexcept { return address_of(this) + sizeof(ArenaChunk); }
  std::uintptr_t end() const noexcept { return address_of(this) + bytes; }
  std::uintptr_t log_start() const noexcept { return end() - setbacks * sizeof(ArenaSetback); }
  /// Where what blocks may use ends.
  std::uintptr_t blocks_end() const noexcept { return log_start() - sizeof(ArenaSetback); }
  /// The index-th setback, 0 the oldest.
  ArenaSetback* setback(std::uint32_t index) const noexcept {
    return reinterpret_cast<ArenaSetback*>(end()) - (index + 1);
  }

  /// Forgets setbacks at `place` and above, and notes one there.
  void note_setback(std::uintptr_t place, std::uint64_t time) noexcept;
  /// Whether what lies below `place` has stood since `since`.
  bool stands(std::uintptr_t place, std::uint64_t since) const noexcept;
};
static_assert(sizeof(ArenaChunk) == kCacheLine || sizeof(void*) != 8);
static_assert(sizeof(ArenaSetback) % alignof(std::max_align_t) == 0);

}  // namespace cenote
