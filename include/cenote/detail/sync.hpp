/// How a pool of equal blocks serves threads: the second argument of FixedPool, the first of BlockPool.
///
///     SingleThread    one thread at a time; the fastest
///     Locked          any thread, one lock; a caller may wait for another
///     LockFree        any thread, one compare-and-swap a call; a stopped thread stops no other
///     ThreadCached    any thread, each with a small stock of its own; no shared memory is written by most calls
#pragma once

#include <cenote/detail/lock_free_core.hpp>
#include <cenote/detail/pool_lock.hpp>
#include <cenote/detail/stack_core.hpp>
#include <cenote/detail/thread_cached_core.hpp>

namespace cenote {

struct SingleThread {
  using Core = StackCore<NoLock>;
};
struct Locked {
  using Core = StackCore<PoolLock>;
};
struct LockFree {
  using Core = LockFreeCore;
};
struct ThreadCached {
  using Core = ThreadCachedCore;
};

}  // namespace cenote
