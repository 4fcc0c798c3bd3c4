#include <algorithm>
#include <bit>
#include <memory>

#include <cenote/fixed/slot_cache.hpp>
#include <cenote/fixed/thread_cached_core.hpp>
#include <cenote/os/lock.hpp>
#include <cenote/os/memory.hpp>
#include <cenote/os/permanent_memory.hpp>
#include <cenote/os/process_fence.hpp>
#include <cenote/os/system.hpp>
#include <cenote/os/thread.hpp>

namespace cenote::slot_caches {

thread_local constinit Table t_table{};
thread_local constinit TableEntry t_latest{~std::uint64_t{0}, nullptr};  // a serial that no pool has

namespace {

constexpr std::uint32_t kPoolsMax = 65536;
constexpr std::uint32_t kNoNumber = ~std::uint32_t{0};

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::slot_caches};
constinit bool g_installed = false;
constinit std::uint64_t g_last_serial = 0;
constinit std::array<std::uint64_t, kPoolsMax / 64> g_numbers{};  // bits: taken
constinit ThreadCachedCore* g_pools = nullptr;
constinit SlotCache* g_idle = nullptr;
constinit os::PermanentMemory g_memory{};

// --- numbers: the lowest that is free, so that tables stay short ------------------------------------------------------------------

std::uint32_t take_number() noexcept {
  for (std::size_t word = 0; word < g_numbers.size(); ++word) {
    if (g_numbers[word] == ~std::uint64_t{0}) continue;
    const auto bit = static_cast<std::uint32_t>(std::countr_one(g_numbers[word]));
    g_numbers[word] |= std::uint64_t{1} << bit;
    return static_cast<std::uint32_t>(word) * 64 + bit;
  }
  return kNoNumber;
}

void give_number(std::uint32_t number) noexcept {
  g_numbers[number / 64] &= ~(std::uint64_t{1} << (number % 64));
}

// --- caches -----------------------------------------------------------------------------------------------------------------------

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

// --- the end of a thread, and of a process's copy -----------------------------------------------------------------------------------

// An entry of a pool that has died names a cache that serves somebody else now: its serial tells.
void end_thread() noexcept {
  Table& table = t_table;
  table.ended = true;
  t_latest = {~std::uint64_t{0}, nullptr};
  {
    const os::LockGuard guard{g_lock};
    for (std::uint32_t number = 0; number < table.size; ++number) {
      const TableEntry& entry = table.entries[number];
      if (entry.serial == 0 || entry.cache->serial != entry.serial) continue;
      entry.cache->pool->absorb(*entry.cache);
      put_idle(*entry.cache);
    }
  }
  const os::Region memory{reinterpret_cast<std::byte*>(table.entries), table.size * sizeof(TableEntry)};
  table.size = 0;
  table.entries = nullptr;
  if (memory) os::g_system_memory.release(memory);
}

template <class Visit>
void for_each_pool(Visit visit) noexcept {
  for (ThreadCachedCore* pool = g_pools; pool != nullptr; pool = pool->next) visit(*pool);
}

// Beside the heap's locks, which other handlers take: before this or after.
void before_fork() noexcept {
  g_lock.lock_beside_others();
  for_each_pool([](ThreadCachedCore& pool) { pool.lock().lock_beside_others(); });
}

void after_fork() noexcept {
  for_each_pool([](ThreadCachedCore& pool) { pool.lock().unlock(); });
  g_lock.unlock();
}

void in_child() noexcept {
  for_each_pool([](ThreadCachedCore& pool) { pool.forget_busy(); });
  after_fork();
}

void install_once() noexcept {
  if (g_installed) return;
  g_installed = true;
  os::ThreadExit::install(&end_thread);
  os::on_fork(&before_fork, &after_fork, &in_child);
}

// --- tables -----------------------------------------------------------------------------------------------------------------------

// Room for `number`: a page of entries at first, then twice as many each time.
bool make_room(Table& table, std::uint32_t number) noexcept {
  if (number < table.size) return true;
  const std::size_t page = os::page_bytes();
  const std::size_t wanted = std::bit_ceil((number + std::size_t{1}) * sizeof(TableEntry));
  const os::Region fresh = os::g_system_memory.map(std::max(wanted, page), page);
  if (!fresh) return false;
  const os::Region old{reinterpret_cast<std::byte*>(table.entries), table.size * sizeof(TableEntry)};
  auto* const entries = reinterpret_cast<TableEntry*>(fresh.start);
  std::copy_n(table.entries, table.size, entries);
  table.entries = entries;
  table.size = static_cast<std::uint32_t>(fresh.bytes / sizeof(TableEntry));
  if (old) os::g_system_memory.release(old);
  return true;
}

}  // namespace

Identity enter(ThreadCachedCore& pool) noexcept {
  const os::LockGuard guard{g_lock};
  install_once();
  pool.next = g_pools;
  g_pools = &pool;
  // Serials begin anywhere: a thread that meets a pool of another copy of the library in its process must not find a cache of its own.
  while (g_last_serial == 0) g_last_serial = os::random_bits() >> 1;
  return {++g_last_serial, os::process_fence_available() ? take_number() : kNoNumber};
}

void leave(ThreadCachedCore& pool) noexcept {
  const Identity identity = pool.identity();
  if (identity.serial == 0) return;
  const os::LockGuard guard{g_lock};
  while (SlotCache* const cache = pool.drop_cache()) put_idle(*cache);
  if (identity.number != kNoNumber) give_number(identity.number);
  ThreadCachedCore** at = &g_pools;
  while (*at != &pool) at = &(*at)->next;
  *at = pool.next;
}

namespace {

SlotCache* attach(ThreadCachedCore& pool) noexcept {
  const Identity identity = pool.identity();
  Table& table = t_table;
  if (table.ended || identity.number == kNoNumber || !make_room(table, identity.number)) return nullptr;
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
  SlotCache* cache = find_in_table(pool.identity());
  if (cache == nullptr) cache = attach(pool);
  if (cache != nullptr) t_latest = {pool.identity().serial, cache};
  return cache;
}

}  // namespace cenote::slot_caches
