/// What each thread knows: its lists for the process's heap, at hand in thread-local storage, and its caches
/// for other heaps.
///
/// Initial-exec: one instruction finds it, and it fits into the static TLS that dlopen still has to give (512
/// bytes at most).
#pragma once

#include "engine/caches/thread_cache.hpp"
#include "heap/heap_core.hpp"

namespace cenote {

/// Owns nothing and has nothing to give: the cache of a thread that has none. Never written.
extern constinit ThreadCache g_absent_cache;

/// The calling thread's lists for the process's heap. `cache` is g_absent_cache until the first slow path,
/// and after the last.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit HotLists t_hot;

namespace thread_state {

/// The calling thread's cache for the heap, other than the process's, that it asked for last; null before.
/// Its `serial` tells which.
[[gnu::tls_model("initial-exec")]] extern thread_local constinit ThreadCache* t_last;

/// The calling thread's lists for `core` when it asked for them last too, else null. One comparison.
inline HotLists* lists_at_hand(const HeapCore& core) noexcept {
  ThreadCache* const last = t_last;
  return last != nullptr && last->serial == core.serial ? &last->hot() : nullptr;
}

/// The calling thread's lists for `core`, made when it has none yet; null when the system refuses memory, or
/// when the thread is past its end (then use a Visit).
HotLists* lists_for(HeapCore& core) noexcept;

/// Binds t_hot to the process's heap, so that the fast paths work; false as above.
bool bind_process_heap() noexcept;

/// Sends home all that the calling thread holds back for nothing, of all heaps.
void settle_all() noexcept;

/// Whether the thread has given its caches up: what it still allocates and frees goes without.
bool has_ended() noexcept;

/// Lends a cache for one call to a thread without one.
class Visit {
 public:
  explicit Visit(HeapCore& core) noexcept;
  ~Visit();
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  HotLists* lists() noexcept { return cache_ == nullptr ? nullptr : &cache_->hot(); }

 private:
  ThreadCache* cache_;
};

}  // namespace thread_state
}  // namespace cenote
