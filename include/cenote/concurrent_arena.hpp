/// An arena that any number of threads allocate from at the same time, and that is taken back as a whole.
///
///     ConcurrentArena frame{{.name = "frame"}};
///     // on many threads: frame.allocate(100)
///     frame.reset();                                   // when they are through
///
/// Each thread bumps in chunks of its own: a plain load and store, no atomic read-modify-write, no cache line
/// that two threads write to.
///
/// Invariants  no lock that two threads want, but a fork: a thread that is stopped anywhere stops no other.
///             (The upstream may have locks of its own.)
/// Source      per-thread lanes found by a number that is never used twice: the arenas of Protocol Buffers,
///             after their design document; docs/adr/0011.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/arena_lane.hpp>
#include <cenote/detail/arena_options.hpp>
#include <cenote/detail/arena_stats.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// Threads     allocate, try_allocate, used: any, at the same time. All else: no thread may be inside another
///             call, and what other threads did before must be known to the caller, as after a join.
class ConcurrentArena {
 public:
  /// Asks for no memory yet. `upstream`: the system's, or a pool for any thread that must outlive the arena.
  /// Throws AllocFailure: bad_option.
  explicit ConcurrentArena(const ArenaOptions& options = {}, ChunkSource upstream = os::g_system_memory)
      : ConcurrentArena{options, upstream, annotate::marks_of_program()} {}
  ConcurrentArena(const ConcurrentArena&) = delete;
  ConcurrentArena& operator=(const ConcurrentArena&) = delete;
  /// Gives all memory back.
  ~ConcurrentArena();

  /// The next `size` bytes of the calling thread's chunk, uninitialised.
  ///
  /// Errors      as Arena's. limit_reached: the limit is used up but for what other threads have drawn of it
  ///             in advance, each less than a 16th of what was left, and less than a chunk. Then nothing has
  ///             changed.
  /// Complexity  O(1); now and then a chunk, which is the upstream's cost; at a thread's first call after a
  ///             reset O(threads).
  Result<void*> try_allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) noexcept {
    const arena_lanes::Entry entry = arena_lanes::entry_of(generation_);
    if (entry.generation == generation_) [[likely]] {
      if (void* const block = entry.lane->try_take(size, alignment)) [[likely]]
        return block;
    }
    return allocate_slowly(size, alignment);
  }
  /// The same; throws AllocFailure.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    const Result<void*> block = try_allocate(size, alignment);
    if (!block) [[unlikely]]
      throw_alloc_failure(block.error());
    return *block;
  }

  /// Blocks in use and what lies between them for alignment; exact when no thread is allocating. O(threads).
  std::size_t used() const noexcept;

  /// Takes all memory back, but keeps the chunks for what comes. With Scrub::zero and Scrub::decommit no byte
  /// that was in the arena before is left in them. O(threads + chunks), and to scrub, O(bytes used since they
  /// were last scrubbed).
  void reset(Scrub scrub = Scrub::none) noexcept;
  /// Gives back upstream the chunks that are kept and not in use; returns their bytes.
  std::size_t trim() noexcept;
  /// Whether the address lies in a block in use, or between two. O(chunks).
  bool owns(const void* address) const noexcept;
  /// peak_used: the most there was at a reset, or is now.
  ArenaStats stats() const noexcept;

 private:
  ConcurrentArena(const ArenaOptions& options, ChunkSource upstream, const annotate::Marks* marks);

  CENOTE_SLOW_PATH Result<void*> allocate_slowly(std::size_t size, std::size_t alignment) noexcept;
  ArenaLane* lane_of(const void* thread) const noexcept;
  ArenaLane* claim_lane(const void* thread) const noexcept;
  Result<ArenaLane*> attach() noexcept;
  Result<ArenaLane*> open_lane(const void* thread) noexcept;

  std::uint64_t generation_;  // of all arenas and resets; changes when no thread is inside a call
  std::atomic<ArenaLane*> lanes_{nullptr};  // only ever grows in front
  std::atomic<std::uint64_t> failures_{0};
  ArenaLimit limit_;
  detail::PoolBudget budget_;
  ArenaOptions options_;
  ChunkSource source_;
  const annotate::Marks* marks_;
  std::size_t peak_used_ = 0;  // at resets
  stats::Listed listed_;
};

}  // namespace cenote
