/// Blocks on their way home: from the thread that frees them to the slab, and from the slab's remote word to
/// its owner.
#include <algorithm>
#include <utility>

#include "engine/caches/thread_cache.hpp"

namespace cenote {

// Under the ready lock. After a fork the slab may be marked as listed without being in the list
// (repair_in_child).
void ThreadCache::unlist_ready(Slab& slab) noexcept {
  slab.ready_listed = false;
  Slab* at = ready_.load(std::memory_order_relaxed);
  if (at == &slab) return ready_.store(slab.ready_next, std::memory_order_relaxed);
  while (at != nullptr && at->ready_next != &slab) at = at->ready_next;
  if (at != nullptr) at->ready_next = slab.ready_next;
}

[[gnu::noinline]] void ThreadCache::free_remote_and_deliver(Slab& slab, void* block) noexcept {
  RemoteBuffer::Batch due{};
  {
    const os::BiasedGuard guard{remote_lock_};
    due = remote_.add(slab, block);
    batches_.store(Batches::added, std::memory_order_relaxed);
  }
  if (due.slab != nullptr) deliver(due, this);
}

void ThreadCache::flush() noexcept {
  for (;;) {
    remote_lock_.lock();
    const RemoteBuffer::Batch due = remote_.take_any();
    remote_lock_.unlock();
    if (due.slab == nullptr) return;
    deliver(due, this);
  }
}

void ThreadCache::send_home(Slab& slab, void* block) noexcept {
  auto* freed = static_cast<FreeBlock*>(block);
  deliver({.slab = &slab, .head = freed, .tail = freed, .count = 1}, nullptr);
}

// Who pushes onto an empty remote word tells the owner. The owner may change meanwhile: look again until it
// has been told.
void ThreadCache::deliver(const RemoteBuffer::Batch& batch, ThreadCache* by) noexcept {
  Slab& slab = *batch.slab;
  // Read before the push: afterwards the slab may be anybody's.
  auto& central_pool = static_cast<CentralPool&>(*slab.holder);
  const Units units = slab.units;
  ThreadCache* const adopter = by != nullptr && by->wants(slab) ? by : nullptr;
  const Slab::Pushed pushed = slab.push_remote(batch.chain());
  if (pushed.first) tell_owner(slab, central_pool, adopter);
  if (pushed.all) central_pool.note_came_home(units);
}

// The push is over, so the slab may have been emptied, released and opened again meanwhile, by this heap or
// another one or by a SlabAllocator. A wrong owner is harmless for these reasons:
//   - A ThreadCache is never destroyed, only reused, so its ready lock can be taken. `enlist` adds the slab
//   only while the
//     cache owns it: `let_go`, `close_ready` and CentralPool::disown_all end that under the same lock, or before it. A slab
//     that is listed without remote frees is taken off the list again at the next refill, and nothing else happens.
//   - Any owner but `g_abandoned` is a tag, and tells that the slab needs no notification.
//   - settle_abandoned looks at owner and holder again, under the lock under which the central pool changes
//   both.
// The pushing thread is inside a call to the slab's former heap, which therefore lives, and its central pool
// with it.
void ThreadCache::tell_owner(Slab& slab, CentralPool& central_pool, ThreadCache* adopter) noexcept {
  for (;;) {
    SlabOwner* const owner = slab.owner.load(std::memory_order_acquire);
    if (owner == nullptr || SlabOwner::is_tag(owner)) return;
    if (owner == &g_abandoned) {
      if (central_pool.settle_abandoned(slab, adopter)) adopter->adopt(slab);
      return;
    }
    if (static_cast<ThreadCache*>(owner)->enlist(slab)) return;
  }
}

bool ThreadCache::enlist(Slab& slab) noexcept {
  const os::LockGuard guard{ready_lock_};
  if (slab.owner.load(std::memory_order_relaxed) != this) return false;
  if (closed_ || slab.ready_listed) return true;
  slab.ready_next = ready_.load(std::memory_order_relaxed);
  ready_.store(&slab, std::memory_order_release);  // repair_in_child may follow it
  slab.ready_listed = true;
  return true;
}

// The list is whole at each step of enlist, pop_ready and unlist_ready; `ready_listed` may lag behind. A slab
// that another thread was about to list is found when its owner next looks at it.
void ThreadCache::repair_in_child() noexcept {
  ready_lock_.reset();
  for (Slab* slab = ready_.load(std::memory_order_relaxed); slab != nullptr && slab != &g_request;
       slab = slab->ready_next) {
    slab->ready_listed = true;
  }
}

void ThreadCache::adopt(Slab& slab) noexcept {
  ++bin_of(slab).slabs;
  file(slab);
}

void ThreadCache::ask(Request request) noexcept {
  const os::LockGuard guard{ready_lock_};
  if (closed_) return;
  asked_ = std::max(asked_, request);
  if (request == Request::review) ++periods_without_refill_;
  if (ready_.load(std::memory_order_relaxed) == nullptr) ready_.store(&g_request, std::memory_order_relaxed);
}

ThreadCache::Request ThreadCache::take_request() noexcept {
  const os::LockGuard guard{ready_lock_};
  periods_without_refill_ = 0;
  return std::exchange(asked_, Request::none);
}

Slab* ThreadCache::pop_ready() noexcept {
  const os::LockGuard guard{ready_lock_};
  Slab* const slab = ready_.load(std::memory_order_relaxed);
  if (slab == &g_request) ready_.store(nullptr, std::memory_order_relaxed);
  if (slab == nullptr || slab == &g_request) return nullptr;
  ready_.store(slab->ready_next, std::memory_order_relaxed);
  slab->ready_listed = false;
  return slab;
}

void ThreadCache::collect_ready() noexcept {
  while (Slab* slab = pop_ready()) {
    if (slab->owner.load(std::memory_order_relaxed) == this) collect(*slab);
  }
  switch (take_request()) {
    case Request::none:
      break;
    case Request::review:
      review();
      break;
    case Request::settle:
      settle();
      break;
  }
}

void ThreadCache::collect(Slab& slab) noexcept {
  if (slab.collect_remote() == 0) return;
  if (slab.state == SlabState::current || slab.state == SlabState::emptied) return;
  if (slab.state == SlabState::full) {
    bin_of(slab).full.remove(slab);
  } else {
    unfile(slab);
  }
  file(slab);
}

void ThreadCache::close_ready() noexcept {
  const os::LockGuard guard{ready_lock_};
  closed_ = true;
  asked_ = Request::none;
  for (Slab* slab = ready_.load(std::memory_order_relaxed); slab != nullptr && slab != &g_request;
       slab = slab->ready_next) {
    slab->ready_listed = false;
  }
  ready_.store(nullptr, std::memory_order_relaxed);
}

}  // namespace cenote
