/// One thread's own stock of one pool, and how a thread finds it: in a table of its own, by the pool's number.
///
///     thread-local table   | pool 0 | pool 1 | ...      each {serial, cache}; a serial is never used twice, a number is
///
/// The owner says `busy` around each use, with plain stores; who must have the slots back sets the pool's recall flag, runs a fence on
/// all threads (os/process_fence.hpp), and waits for the busy ones. So a use costs no atomic operation, and no slot is out of reach.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/base/bits.hpp>
#include <cenote/layout/slot_geometry.hpp>

namespace cenote {

class ThreadCachedCore;

struct alignas(2 * kCacheLine) SlotCache {
  static constexpr SlotIndex kSlotsMax = 128;

  std::atomic<bool> busy{false};    // its owner is inside a use
  std::atomic<SlotIndex> count{0};  // written by its owner while busy, or under the pool's lock while nobody is
  std::atomic<std::uint64_t> deallocations{0};             // likewise
  std::array<SlotIndex, kSlotsMax> slots{};                // likewise; the one given back last on top

  std::uint64_t serial = 0;          // under the lock of all caches: the pool's, 0 for none
  ThreadCachedCore* pool = nullptr;  // likewise
  SlotCache* next = nullptr;         // of the pool's, under its lock; or of the idle ones
};

namespace slot_caches {

struct TableEntry {
  std::uint64_t serial;
  SlotCache* cache;
};

struct Table {
  TableEntry* entries;
  std::uint32_t size;
  bool ended;  // the thread is past its end
};

[[gnu::tls_model("initial-exec")]] extern thread_local constinit Table t_table;

/// A pool's place in the tables of all threads.
struct Identity {
  std::uint64_t serial = 0;
  std::uint32_t number = ~std::uint32_t{0};  // this one is never found: the pool does without caches
};

/// The calling thread's cache of that pool; null when it has none.
inline SlotCache* find(Identity pool) noexcept {
  const Table& table = t_table;
  if (pool.number >= table.size) [[unlikely]]
    return nullptr;
  const TableEntry entry = table.entries[pool.number];
  return entry.serial == pool.serial ? entry.cache : nullptr;
}

/// Enters a pool; without a number when there are 65,536 already, or no process fence.
Identity enter(ThreadCachedCore& pool) noexcept;
/// Forgets a pool and its caches; no thread is inside a call on it.
void leave(ThreadCachedCore& pool) noexcept;
/// A cache for the calling thread; null when the thread is past its end, the pool has no number, or the system refuses memory.
SlotCache* attach(ThreadCachedCore& pool) noexcept;

}  // namespace slot_caches
}  // namespace cenote
