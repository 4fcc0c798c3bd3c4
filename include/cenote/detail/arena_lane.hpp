/// One thread's own part of a ConcurrentArena: chunks that nobody else allocates from.
///
///     thread-local   | generation, lane | x 4        found by the arena's generation, which every reset renews
///     arena          lane -> lane -> lane            each with the thread that it serves; all are free after a reset
///
/// A thread is known by the address of its table. One that is started where another ended may have the same:
/// then the lane serves on, and threads that come and go do not add up.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/chunk_stack.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/result.hpp>

namespace cenote {

/// What is left of an arena's limit. Lanes draw from it in portions, which get smaller as it runs out.
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
}  // namespace cenote
