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

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/arena.hpp>
#include <cenote/detail/bits.hpp>
#include <cenote/detail/check.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/result.hpp>

// One thread's own part of a ConcurrentArena: chunks that nobody else allocates from.
//
//     thread-local   | generation, lane | x 4        found by the arena's generation, which every reset renews
//     arena          lane -> lane -> lane            each with the thread that it serves; all are free after a reset
//
// A thread is known by the address of its table. One that is started where another ended may have the same:
// then the lane serves on, and threads that come and go do not add up.

namespace cenote {

/// The rest of an arena's limit. Lanes take portions of it, which get smaller as it runs out.
///
/// Threads     any, lock-free.
class ArenaLimit {
 public:
  explicit ArenaLimit(std::size_t bytes) noexcept : left_{bytes} {}

  /// At least `least` bytes, up to `portion`; 0 when so much is not left.
  std::size_t draw(std::size_t least, std::size_t portion) noexcept;
  /// No thread may be inside another call.
  void refill(std::size_t bytes) noexcept { left_.store(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

/// Threads     its owner; used(), owner: any.
class alignas(2 * kCacheLine) ArenaLane {
 public:
  ArenaLane(const ArenaOptions& options, ChunkSource source, const annotate::Marks* marks,
            os::Region own) noexcept;

  /// Null when it does not fit into the chunk, or is not servable at all.
  void* try_take(std::size_t size, std::size_t alignment) noexcept {
    Bump bump{at_.load(std::memory_order_relaxed), end_};
    void* const block = bump.try_take(size, alignment);
    if (block == nullptr) [[unlikely]]
      return nullptr;
    at_.store(bump.at, std::memory_order_release);
    allow_arena_block(block, bump.at);
    return block;
  }
  /// From a further chunk, or with more of the limit.
  Result<void*> take_slowly(std::size_t size, std::size_t alignment, ArenaLimit& limit) noexcept;

  /// Bytes in use at one moment of the call.
  std::size_t used() const noexcept;
  /// As ChunkStack's; nobody owns the lane then.
  void restart(Scrub scrub) noexcept;
  std::size_t trim() noexcept;
  /// No thread may be allocating.
  bool owns(const void* address) noexcept;
  ArenaStats stats() noexcept;

  /// Gauges of the lanes behind `first`.
  static stats::Gauges gauges(const std::atomic<ArenaLane*>& first, bool borrows) noexcept;

  std::atomic<const void*> owner{nullptr};  // the table of the thread; who changes it from null has the lane
  ArenaLane* next = nullptr;                // of the arena's, set before it is there
  const os::Region storage;                 // in which the lane itself lies

 private:
  void synchronise() noexcept { chunks_.move_to(at_.load(std::memory_order_acquire)); }
  void publish() noexcept;

  // Release: who reads it sees at least that version, and who takes the lane over all that its last owner
  // did.
  std::atomic<std::uintptr_t> at_{0};  // of the cursor
  std::uintptr_t end_ = 0;
  std::atomic<std::uintptr_t> base_{0};    // used() is at - base
  std::atomic<std::uint32_t> version_{0};  // of both; odd while they change together
  ChunkStack chunks_;                      // its cursor is older than `at_` between slow calls
  bool limited_;
  std::size_t portion_;

  // Held while chunks_ changes, so that a fork meets no chunk that is half linked. No other thread wants it.
  os::Lock changing_{os::LockRank::arena};
  os::ScopedForkHold fork_hold_{changing_};
};

namespace arena_lanes {

struct Entry {
  std::uint64_t generation;
  ArenaLane* lane;
};
using Table = std::array<Entry, 4>;

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_lanes;

inline Entry& entry_of(std::uint64_t generation) noexcept {
  return t_lanes[static_cast<std::size_t>(generation % t_lanes.size())];
}

}  // namespace arena_lanes

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
