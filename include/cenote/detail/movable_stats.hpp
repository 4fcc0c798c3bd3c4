/// What a pool of movable objects holds, and what compactions have done.
#pragma once

#include <cstddef>
#include <cstdint>

#include <cenote/detail/cxx20.hpp>

namespace cenote {

/// Taken under the pool's lock: exact.
struct MovableStats {
  std::size_t objects = 0;      ///< that live
  std::size_t objects_max = 0;  ///< that there may be
  std::size_t object_bytes = 0;
  std::size_t bytes_live = 0;       ///< objects * object_bytes
  std::size_t frame_bytes = 0;      ///< what is filled, emptied and given back at once: one OS page or more
  std::size_t frames_in_use = 0;    ///< with an object at least
  std::size_t frames_empty = 0;     ///< without, but with pages: what a compaction gives back first
  std::size_t bytes_committed = 0;  ///< of frames that are in use or empty
  std::size_t bytes_metadata = 0;   ///< tables beside them, as far as accessible
  std::size_t bytes_reserved = 0;   ///< of addresses, tables included
  double fragmentation =
      /// the share of slots in frames in use that have no object: 0 when all are full, near 1 when few have
      /// one
      0;
  std::uint64_t allocations = 0;  ///< objects made
  std::uint64_t failures = 0;     ///< calls that got none
  std::uint64_t moved = 0;        ///< objects moved by compactions
  std::uint64_t skipped_pinned =
      0;  ///< times that a compaction left an object where it was, since it was pinned
  std::uint64_t bytes_given_back = 0;  ///< by compactions

  std::uint64_t deallocations() const noexcept { return allocations - objects; }
};

/// What one call has done.
struct CompactionReport {
  std::size_t bytes_given_back = 0;
  std::size_t moved = 0;
  std::size_t skipped_pinned = 0;
  double fragmentation_before = 0;  ///< see MovableStats
  double fragmentation_after = 0;
  bool finished =
      false;  ///< all is done that can be, as things are; else the budget is spent: the next call goes on
};

}  // namespace cenote
