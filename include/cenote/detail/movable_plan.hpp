/// Where a pool of movable objects puts what: decided once, before any memory is asked for.
///
///     reserved   | core | frames      | owners     | lives      | entries    | frames empty, cold | frames             |
///                        24 B a frame   4 B a slot   4 B a slot   8 B a slot   2.03 bits a frame   ^ slots of sizeof(T), none across
///
/// A frame is as many OS pages as waste little at their end: what is filled, emptied and given back at once.
/// Tables are committed as far as the frames are.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/index_set.hpp>
#include <cenote/result.hpp>

namespace cenote {

struct MovableOptions;

inline constexpr std::size_t kMovableAlignmentMax = std::size_t{2} << 20;

/// What the type asks for.
struct MovableNeeds {
  std::size_t object_bytes;
  std::size_t alignment;
};

struct MovablePlan {
  std::size_t object_bytes = 0;
  std::size_t alignment = 0;  // of the reservation
  SlotGeometry slots{};       // in a frame
  std::uint32_t frame_slots = 0;
  unsigned frame_shift = 0;         // log2 of a frame's bytes
  unsigned place_shift = 0;         // log2 of a place's unit
  std::uint32_t objects_ready = 0;  // the frames for so many are committed at construction
  std::uint32_t objects_max = 0;
  std::uint32_t frames_ready = 0;
  std::uint32_t frames_max = 0;  // some more than the objects fill: while one is moved it has two slots
  IndexSet set{};                // of frames
  std::size_t frame_table = 0;   // offsets from the reservation's start
  std::size_t owners = 0;
  std::size_t lives = 0;
  std::size_t entries = 0;
  std::size_t sets = 0;
  std::size_t frames = 0;
  std::size_t bytes = 0;

  std::size_t frame_bytes() const noexcept { return std::size_t{1} << frame_shift; }
};

/// A plan, or why there is none: `option` and `problem` are set for a bad_option.
struct MovablePlanOutcome {
  MovablePlan plan{};
  AllocError error{};
  const char* option = "";
  const char* problem = "";
};

/// Objects that are moved at once, without the pool's lock: each then has two slots.
inline constexpr std::uint32_t kMovedTogether = 32;

/// Errors  bad_option; too_large: more objects than any table or system has room for.
MovablePlanOutcome plan_movable(const MovableOptions& options, const MovableNeeds& needs) noexcept;

}  // namespace cenote
