/// One thread's own stock of one pool, and how a thread finds it: the one it refilled last at once, others in a table of its own
/// (os/instance_table.hpp).
///
/// The owner says `busy` around each use, with plain stores; who must have the slots back sets the pool's recall flag, runs a fence on
/// all threads (os/process_fence.hpp), and waits for the busy ones. So a use costs no atomic operation, and no slot is out of reach.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/instance_table.hpp>
#include <cenote/detail/slot_geometry.hpp>

namespace cenote {

class ThreadCachedCore;

/// How many slots a cache has, and how many it gave, in one word that each use writes once.
///
///     taken so far: 32 bits | slots here: 32 bits
struct CacheWord {
  static constexpr std::uint64_t kOneTaken = std::uint64_t{1} << 32;

  std::uint64_t bits = 0;

  SlotIndex count() const noexcept { return static_cast<SlotIndex>(bits); }
  std::uint64_t taken() const noexcept { return bits >> 32; }
  /// The same with `slots` here.
  CacheWord with_count(SlotIndex slots) const noexcept { return {bits - count() + slots}; }
};

struct alignas(2 * kCacheLine) SlotCache {
  static constexpr SlotIndex kSlotsMax = 1024;

  std::atomic<bool> busy{false};  // its owner is inside a use
  std::atomic<std::uint64_t> word{
      0};  // a CacheWord; written by its owner while busy, or under the pool's lock while nobody is
  std::atomic<std::uint64_t> taken_wraps{0};  // likewise
  std::array<SlotIndex, kSlotsMax> slots{};   // likewise; the one given back last on top

  std::uint64_t serial = 0;          // under the lock of all caches: the pool's, 0 for none
  ThreadCachedCore* pool = nullptr;  // likewise
  SlotCache* next = nullptr;         // of the pool's, under its lock; or of the idle ones

  CacheWord read() const noexcept { return {word.load(std::memory_order_relaxed)}; }
  void write(CacheWord value) noexcept { word.store(value.bits, std::memory_order_relaxed); }
};

namespace slot_caches {

using Table = os::InstanceTable<SlotCache>;
/// A pool's place in the tables of all threads; without a number: the pool does without caches.
using Identity = os::InstanceId;

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_table;
/// One of the table's entries, within reach of one load: what `find` costs beside it decides what a ThreadCached call costs.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table::Entry t_latest;

/// The calling thread's cache of that pool; null when it has none.
inline SlotCache* find(Identity pool) noexcept {
  if (t_latest.serial == pool.serial) [[likely]]
    return t_latest.part;
  return t_table.find(pool);
}

/// The same from a slow path, attached when there is none; the next `find` of this pool is the fastest. Null when the thread is past its
/// end, the pool has no number, or the system refuses memory.
SlotCache* find_or_attach(ThreadCachedCore& pool) noexcept;

/// Enters a pool; without a number when there are 65,536 already, or no process fence.
Identity enter(ThreadCachedCore& pool) noexcept;
/// Forgets a pool and its caches; no thread is inside a call on it.
void leave(ThreadCachedCore& pool) noexcept;

}  // namespace slot_caches
}  // namespace cenote
