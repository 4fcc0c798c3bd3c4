#include "heap/threads.hpp"

#include <cenote/detail/fork.hpp>
#include <cenote/detail/lock.hpp>

#include "engine/pages/purge_schedule.hpp"
#include "heap/registry.hpp"
#include "os/thread.hpp"

namespace cenote {

constinit ThreadCache g_absent_cache{};
thread_local constinit HotLists t_hot{&g_absent_cache, {}};

namespace thread_state {

thread_local constinit ThreadCache* t_last = nullptr;

namespace {

struct Others {
  ThreadCache* newest;  // of this thread's caches for heaps but the process's; linked by `sibling`
  bool ended;
};
[[gnu::tls_model("initial-exec")]] thread_local constinit Others t_others{};

constinit os::Lock g_install_lock{os::LockRank::registry};
constinit os::ForkHold g_install_fork_hold{g_install_lock};
constinit bool g_installed = false;  // under g_install_lock

void let_go_of_dead() noexcept {
  t_last = nullptr;
  for (ThreadCache** at = &t_others.newest; *at != nullptr;) {
    ThreadCache* const cache = *at;
    if (registry::is_live(cache->serial)) {
      at = &cache->sibling;
      continue;
    }
    *at = cache->sibling;
    registry::detach_cache(*cache);
  }
}

void end_thread() noexcept {
  t_others.ended = true;
  t_last = nullptr;
  if (t_hot.cache != &g_absent_cache) {
    // Memory that detach frees may start the scavenger, whose creation allocates: not through a cache that is
    // being taken apart.
    ThreadCache& cache = *t_hot.cache;
    cache.take_lists();
    t_hot = {&g_absent_cache, {}};
    registry::detach_cache(cache);
  }
  while (ThreadCache* const cache = t_others.newest) {
    t_others.newest = cache->sibling;
    registry::detach_cache(*cache);
  }
}

void install_once() noexcept {
  const os::LockGuard guard{g_install_lock};
  if (g_installed) return;
  g_installed = true;
  os::ThreadExit::install(&end_thread);
  purge_schedule::set_sweeper(registry::kSweeper);
}

// While there is one thread.
[[gnu::constructor]] void install_at_start() noexcept {
  g_install_fork_hold.enlist();
  install_once();
}

void arm() noexcept {
  install_once();
  os::ThreadExit::arm();
}

ThreadCache* find(std::uint64_t serial) noexcept {
  ThreadCache* cache = t_others.newest;
  while (cache != nullptr && cache->serial != serial) cache = cache->sibling;
  return cache;
}

}  // namespace

bool has_ended() noexcept { return t_others.ended; }

bool bind_process_heap() noexcept {
  if (t_others.ended) return false;
  if (registry::attach_cache(registry::g_process_core, &t_hot) == nullptr) return false;
  arm();  // may allocate: the lists are in place
  return true;
}

HotLists* lists_for(HeapCore& core) noexcept {
  if (HotLists* const hot = lists_at_hand(core)) return hot;
  if (t_others.ended) return nullptr;
  ThreadCache* cache = find(core.serial);
  if (cache == nullptr) {
    let_go_of_dead();
    cache = registry::attach_cache(core, nullptr);
    if (cache == nullptr) return nullptr;
    cache->sibling = t_others.newest;
    t_others.newest = cache;
    t_last = cache;
    arm();
    return &cache->hot();
  }
  t_last = cache;
  return &cache->hot();
}

// The process's heap never dies, and memory of its that falls free may start a thread, which allocates: not
// under the registry's lock.
void settle_all() noexcept {
  if (t_hot.cache != &g_absent_cache) t_hot.cache->settle();
  registry::settle_siblings(t_others.newest);
}

Visit::Visit(HeapCore& core) noexcept : cache_{registry::attach_cache(core, nullptr)} {}

Visit::~Visit() {
  if (cache_ != nullptr) registry::detach_cache(*cache_);
}

}  // namespace thread_state
}  // namespace cenote
