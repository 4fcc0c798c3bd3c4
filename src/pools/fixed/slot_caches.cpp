#include <algorithm>
#include <bit>
#include <memory>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/detail/thread_cached_core.hpp>
#include <cenote/memory_source.hpp>

#include "os/thread.hpp"

namespace cenote::slot_caches {

thread_local constinit Table t_table{};
thread_local constinit Table::Entry t_latest{Table::kNoSerial, nullptr};

namespace {

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::slot_caches};
constinit os::ForkHold g_fork_hold{g_lock};
constinit bool g_installed = false;
constinit os::InstanceIds g_ids{};
constinit ThreadCachedCore* g_pools = nullptr;
constinit SlotCache* g_idle = nullptr;
constinit os::PermanentMemory g_memory{};

// --- caches ------------------------------------------------------------------------------------------------

SlotCache* take_idle() noexcept {
  if (SlotCache* const cache = g_idle) {
    g_idle = cache->next;
    return cache;
  }
  void* const memory = g_memory.allocate(sizeof(SlotCache));
  return memory == nullptr ? nullptr : std::construct_at(static_cast<SlotCache*>(memory));
}

void put_idle(SlotCache& cache) noexcept {
  cache.serial = 0;
  cache.pool = nullptr;
  cache.next = g_idle;
  g_idle = &cache;
}

// --- the end of a thread, and the child of a fork ----------------------------------------------------------

// An entry of a pool that has died names a cache that serves somebody else now: its serial tells.
void end_thread() noexcept {
  Table& table = t_table;
  table.ended = true;
  t_latest = {Table::kNoSerial, nullptr};
  {
    const os::LockGuard guard{g_lock};
    for (std::uint32_t number = 0; number < table.size; ++number) {
      const Table::Entry& entry = table.entries[number];
      if (entry.serial == 0 || entry.part->serial != entry.serial) continue;
      entry.part->pool->absorb(*entry.part);
      put_idle(*entry.part);
    }
  }
  table.release_entries();
}

constinit os::ForkRepair g_repair{[]() noexcept {
  for (ThreadCachedCore* pool = g_pools; pool != nullptr; pool = pool->next) pool->forget_busy();
}};

[[gnu::constructor]] void take_part_in_forks() noexcept {
  g_fork_hold.enlist();
  os::repair_after_forks(g_repair);
}

void install_once() noexcept {
  if (g_installed) return;
  g_installed = true;
  os::ThreadExit::install(&end_thread);
}

}  // namespace

Identity enter(ThreadCachedCore& pool) noexcept {
  const os::LockGuard guard{g_lock};
  install_once();
  pool.next = g_pools;
  g_pools = &pool;
  return {g_ids.next_serial(), os::process_fence_available() ? g_ids.take_number() : Identity::kNoNumber};
}

void leave(ThreadCachedCore& pool) noexcept {
  const Identity identity = pool.identity();
  if (identity.serial == 0) return;
  const os::LockGuard guard{g_lock};
  while (SlotCache* const cache = pool.drop_cache()) put_idle(*cache);
  g_ids.give_number(identity.number);
  ThreadCachedCore** at = &g_pools;
  while (*at != &pool) at = &(*at)->next;
  *at = pool.next;
}

namespace {

SlotCache* attach(ThreadCachedCore& pool) noexcept {
  const Identity identity = pool.identity();
  Table& table = t_table;
  if (!table.make_room(identity.number)) return nullptr;
  SlotCache* cache = nullptr;
  {
    const os::LockGuard guard{g_lock};
    cache = take_idle();
    if (cache == nullptr) return nullptr;
    cache->serial = identity.serial;
    cache->pool = &pool;
    pool.adopt(*cache);
  }
  table.entries[identity.number] = {identity.serial, cache};
  os::ThreadExit::arm();  // may allocate
  return cache;
}

}  // namespace

SlotCache* find_or_attach(ThreadCachedCore& pool) noexcept {
  SlotCache* cache = t_table.find(pool.identity());
  if (cache == nullptr) cache = attach(pool);
  if (cache != nullptr) t_latest = {pool.identity().serial, cache};
  return cache;
}

}  // namespace cenote::slot_caches
