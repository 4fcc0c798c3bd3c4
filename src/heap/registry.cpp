#include "heap/registry.hpp"

#include <memory>
#include <utility>

#include <cenote/detail/fork.hpp>
#include <cenote/detail/regions.hpp>
#include <cenote/detail/system.hpp>

#include "base/text.hpp"
#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "heap/heap_core.hpp"
#include "os/elf_note.hpp"
#include "pool_support/named_budgets.hpp"
#include "profile/recorder.hpp"

namespace cenote::registry {

namespace {
constexpr std::uint64_t kProcessSerial = 1;
}  // namespace

constinit HeapCore g_process_core{g_backing.pages, g_backing.huge, &purge_schedule::after_free,
                                  named_budgets::g_malloc.budget, kProcessSerial};

namespace {

// Slabs between which others get the lock; a tick's worth of them.
constexpr std::uint32_t kPurgedAtATime = 64;
// Bytes of slabs of blocked owners that one tick purges, not much more: their number has no bound.
constexpr std::size_t kBlockedBytesPerTick = std::size_t{8} << 20;

// All below under g_lock.
constinit os::Lock g_lock{os::LockRank::registry};
constinit os::ForkHold g_fork_hold{g_lock};
constinit HeapCore* g_heaps = nullptr;  // but the process's
constinit HeapCore* g_idle_cores = nullptr;
constinit ThreadCache* g_idle_caches = nullptr;
constinit ThreadCache* g_newest_cache = nullptr;
constinit std::uint64_t g_last_serial = kProcessSerial;
constinit os::PermanentMemory g_permanent{};

ThreadCache* take_cache() noexcept {
  if (ThreadCache* const idle = g_idle_caches) {
    g_idle_caches = idle->next;
    return idle;
  }
  void* const memory = g_permanent.allocate(sizeof(ThreadCache));
  if (memory == nullptr) return nullptr;
  ThreadCache* const cache = std::construct_at(static_cast<ThreadCache*>(memory));
  cache->older = std::exchange(g_newest_cache, cache);
  return cache;
}

HeapCore* take_core(Budget& shared) noexcept {
  void* memory = g_idle_cores;
  if (g_idle_cores != nullptr) {
    g_idle_cores = g_idle_cores->next;
  } else {
    memory = g_permanent.allocate(sizeof(HeapCore));
  }
  if (memory == nullptr) return nullptr;
  return std::construct_at(static_cast<HeapCore*>(memory), g_backing.pages, g_backing.huge,
                           &purge_schedule::after_free, shared);
}

HeapCore* find_live(std::uint64_t serial) noexcept {
  if (serial == kProcessSerial) return &g_process_core;
  HeapCore* core = g_heaps;
  while (core != nullptr && core->serial != serial) core = core->next;
  return core;
}

template <class Node>
void unlink(Node*& first, Node& node) noexcept {
  Node** at = &first;
  while (*at != &node) at = &(*at)->next;
  *at = node.next;
}

template <class Visit>
void for_each_core(Visit visit) noexcept {
  visit(g_process_core);
  for (HeapCore* core = g_heaps; core != nullptr; core = core->next) visit(*core);
}

void hold_across_forks(HeapCore& core) noexcept {
  for (os::ForkHold& hold : core.fork_holds) hold.enlist();
}

// Ready locks have no ForkHold: there may be thousands. All caches, since one whose thread is ending is in no
// heap's list, and may still own slabs.
constinit os::ForkRepair g_repair{[]() noexcept {
  for (ThreadCache* cache = g_newest_cache; cache != nullptr; cache = cache->older) cache->repair_in_child();
  purge_schedule::after_fork_in_child();
}};

[[gnu::constructor]] void take_part_in_forks() noexcept {
  g_fork_hold.enlist();
  hold_across_forks(g_process_core);
  os::repair_after_forks(g_repair);
}

// No thread will: unlike the other caches of a heap that dies.
void detach_sampler(HeapCore& core) noexcept {
  ThreadCache* const sampler = core.sampler.load(std::memory_order_relaxed);
  if (sampler == nullptr) return;
  unlink(core.caches, *sampler);
  sampler->forget();
  sampler->next = g_idle_caches;
  g_idle_caches = sampler;
}

}  // namespace

HeapCore* create_heap(const HeapOptions& options) noexcept {
  Budget& shared = named_budgets::join(options.name);
  const os::LockGuard guard{g_lock};
  HeapCore* const core = take_core(shared);
  if (core == nullptr) {
    named_budgets::leave(shared);
    return nullptr;
  }
  core->serial = ++g_last_serial;
  core->hardening = options.hardening;
  if (options.hardening == Hardening::full) core->canary_key = os::random_bits();
  core->central_pool.track_states(options.hardening != Hardening::trusting);
  core->central_pool.budget().set_limit(options.limit_bytes, options.on_limit);
  core->central_pool.keep_freed_bytes(options.hardening == Hardening::full);
  core->central_pool.wish({options.pages, options.numa_node});
  text::copy(options.name, core->name);
  hold_across_forks(*core);
  core->next = g_heaps;
  g_heaps = core;
  return core;
}

void destroy_heap(HeapCore& core) noexcept {
  profile::g_recorder.note_heap_gone(core.samples);
  {
    const os::LockGuard guard{g_lock};
    unlink(g_heaps, core);
    core.central_pool.disown_all();
    detach_sampler(core);
    for (ThreadCache* cache = core.caches; cache != nullptr; cache = cache->next) cache->forget();
    // they stay with their threads, who let go of them when they next look for a cache
    core.caches = nullptr;
  }
  core.central_pool.release_all();
  if (core.passed != nullptr) MallocBlocks::destroy(core.passed);
  named_budgets::leave(*core.shared);
  for (os::ForkHold& hold : core.fork_holds) hold.withdraw();
  const os::LockGuard guard{g_lock};
  core.serial = 0;
  core.next = g_idle_cores;
  g_idle_cores = &core;
}

ThreadCache* attach_cache(HeapCore& core, HotLists* hot) noexcept {
  const os::LockGuard guard{g_lock};
  ThreadCache* const cache = take_cache();
  if (cache == nullptr) return nullptr;
  cache->next = core.caches;
  core.caches = cache;
  cache->serial = core.serial;
  cache->attach(core.central_pool, hot);
  return cache;
}

ThreadCache* attach_sampler(HeapCore& core) noexcept {
  const char* const name = &core == &g_process_core ? "malloc" : core.name;
  const profile::Name* const kept = profile::g_recorder.keep_name(name);
  const os::LockGuard guard{g_lock};
  if (ThreadCache* const there = core.sampler.load(std::memory_order_relaxed)) return there;
  ThreadCache* const cache = kept == nullptr ? nullptr : take_cache();
  if (cache == nullptr) return nullptr;
  cache->next = core.caches;
  core.caches = cache;
  cache->serial = core.serial;
  cache->attach(core.central_pool, nullptr);
  cache->keep_slabs();
  core.profile_name = kept;
  core.sampler.store(cache, std::memory_order_release);
  return cache;
}

// The process heap never dies: its cache is detached outside g_lock, since memory that detach frees may start
// the scavenger, whose creation allocates. Other heaps could be destroyed meanwhile, and start no scavenger:
// their caches are detached under the lock.
void detach_cache(ThreadCache& cache) noexcept {
  const bool of_process = cache.serial == kProcessSerial;
  {
    const os::LockGuard guard{g_lock};
    if (HeapCore* const core = find_live(cache.serial)) {
      unlink(core->caches, cache);
      if (!of_process) cache.detach();
    }
  }
  if (of_process) cache.detach();
  const os::LockGuard guard{g_lock};
  cache.next = g_idle_caches;
  g_idle_caches = &cache;
}

bool is_live(std::uint64_t serial) noexcept {
  const os::LockGuard guard{g_lock};
  return find_live(serial) != nullptr;
}

std::size_t cache_count(HeapCore& core) noexcept {
  const os::LockGuard guard{g_lock};
  std::size_t count = 0;
  for (ThreadCache* cache = core.caches; cache != nullptr; cache = cache->next) ++count;
  return count;
}

void settle_siblings(ThreadCache* newest) noexcept {
  const os::LockGuard guard{g_lock};
  for (ThreadCache* cache = newest; cache != nullptr; cache = cache->sibling) {
    if (find_live(cache->serial) != nullptr) cache->settle();
  }
}

void ask_to_settle(const Budget& budget) noexcept {
  const os::LockGuard guard{g_lock};
  for_each_core([&](HeapCore& core) {
    if (!core.central_pool.budget().is_within(budget)) return;
    for (ThreadCache* cache = core.caches; cache != nullptr; cache = cache->next)
      cache->ask(ThreadCache::Request::settle);
  });
}

// As many as rest now: others may have slabs come to rest faster than they are purged.
std::size_t purge_abandoned(AbandonedSlabs::Age age) noexcept {
  std::size_t bytes = 0;
  std::size_t rounds = (g_backing.pages.resting_bytes() >> kUnitShift) / kPurgedAtATime + 1;
  for (bool more = true; more && rounds != 0; --rounds) {
    const os::LockGuard guard{g_lock};
    more = false;
    for_each_core([&](HeapCore& core) {
      const CentralPool::Purge purge = core.central_pool.purge_abandoned(age, kPurgedAtATime);
      bytes += purge.bytes;
      more |= purge.more;
    });
  }
  return bytes;
}

namespace {

// Whoever frees memory may hold the lock.
void tick() noexcept {
  if (!g_lock.try_lock()) return;
  std::size_t blocked_bytes = 0;
  for_each_core([&](HeapCore& core) {
    core.central_pool.begin_period();
    for (ThreadCache* cache = core.caches; cache != nullptr; cache = cache->next) {
      cache->ask(ThreadCache::Request::review);
      cache->flush_for_owner();
      if (blocked_bytes < kBlockedBytesPerTick) blocked_bytes += cache->purge_for_owner(kPurgedAtATime / 4);
    }
    core.central_pool.purge_abandoned(AbandonedSlabs::Age::cold, kPurgedAtATime);
  });
  g_lock.unlock();
}

void purge_for_blocked_owners() noexcept {
  for (std::size_t bytes = 1; bytes != 0;) {
    const os::LockGuard guard{g_lock};
    bytes = 0;
    for_each_core([&](HeapCore& core) {
      for (ThreadCache* cache = core.caches; cache != nullptr; cache = cache->next)
        bytes += cache->purge_for_owner(kPurgedAtATime);
    });
  }
}

void drain() noexcept {
  purge_for_blocked_owners();
  purge_abandoned(AbandonedSlabs::Age::cold);
}

}  // namespace

constinit const purge_schedule::Sweeper kSweeper{&tick, &drain};

os::Lock& lock() noexcept { return g_lock; }

}  // namespace cenote::registry

namespace cenote {

[[gnu::used]] constinit const HeapAnchor g_heap_anchor{.backing = &g_backing,
                                                       .process = &registry::g_process_core,
                                                       .others = &registry::g_heaps,
                                                       .abandoned_owner = &g_abandoned};
CENOTE_ELF_NOTE("3", "_ZN6cenote13g_heap_anchorE");

}  // namespace cenote
