#include <algorithm>
#include <utility>

#include <cenote/base/check.hpp>
#include <cenote/cache/thread_cache.hpp>

#include "os/probe.hpp"

namespace cenote {
namespace {

// Fresh blocks are cut an OS page's worth at a time: each page cut is a page that becomes resident.
constexpr std::uint32_t kCarveBytes = 4096;

// A cache that has this many slabs of a class will fill one more: its pages come in by one call, not by sixteen faults, which takes
// 2 to 5 % off programs that build big structures (compiler, tree_builder in bench/workload).
constexpr std::uint32_t kPopulateFrom = 16;

// A slab that is all cut is worth a refill from this many free blocks on: the slow path's instructions shared out over 16 blocks
// are few, and what lies idle is a sixteenth of the slab at most (`random` in tests/golden).
std::uint32_t useful_blocks(const Slab& slab) noexcept {
  return std::clamp<std::uint32_t>(slab.capacity / 16, 1, 16);
}

// Lies on the ready list of a cache that is asked to settle and has no other slab there: so the refill that looks at the list needs no
// second look for requests. Always the last, never written.
constinit Slab g_request{};

}  // namespace

void ThreadCache::attach(SlabDepot& depot, HotLists* hot) noexcept {
  depot_ = &depot;
  hot_ = hot != nullptr ? hot : &own_hot_;
  hot_->cache = this;
  const os::LockGuard guard{ready_lock_};
  closed_ = false;
}

[[gnu::always_inline]] inline ThreadCache::Chain ThreadCache::take_free(Slab& slab) noexcept {
  const std::uint32_t count = slab.free_count();
  return {slab.take_free(), count};
}

[[gnu::always_inline]] inline ThreadCache::Chain ThreadCache::carve_more(Slab& slab, bool* zeroed) noexcept {
  const std::uint32_t in_use = slab.used();
  if (zeroed != nullptr) *zeroed = slab.clean;
  FreeBlock* const head = slab.carve_before_free(std::max<std::uint32_t>(1, kCarveBytes / slab.block_bytes));
  return {head, slab.carved - in_use};
}

// Inlined into each of its callers: most do not ask how many blocks there are.
[[gnu::always_inline]] inline ThreadCache::Chain ThreadCache::more_blocks(Bin& bin, SizeClass c,
                                                                          bool* zeroed) noexcept {
  bool fresh = false;  // the slab has just been chosen: others were looked at
  for (;; fresh = true) {
    if (bin.current != nullptr) {
      Slab& slab = *bin.current;
      slab.collect_remote();
      if (slab.free_count() >= useful_blocks(slab)) return take_free(slab);
      // Blocks that were in use before come first: their pages are resident already.
      if (!slab.fully_carved() && (fresh || bin.partial.empty())) return carve_more(slab, zeroed);
      retire_current(bin);
    }
    bin.current = next_slab(bin, c);
    if (bin.current == nullptr) return last_blocks(bin);
  }
}

[[gnu::noinline]] void* ThreadCache::refill(SizeClass c, bool* zeroed) noexcept {
  CENOTE_PROBE(refill, block_bytes(c));
  if (profile::is_on()) [[unlikely]]
    return refill_until_sample(c, zeroed);
  if (zeroed != nullptr) *zeroed = false;
  if (ready_.load(std::memory_order_relaxed) != nullptr) collect_ready();
  const Chain chain = more_blocks(bins_[c.index], c, zeroed);
  if (chain.head == nullptr) return nullptr;
  list_of(c) = chain.head->next;
  return chain.head;
}

// The list ends before the block that is to be sampled, so that exactly its allocation comes back here; that block and those behind it
// stay with the slab. Whatever is handed out was counted here, once.
[[gnu::noinline]] void* ThreadCache::refill_until_sample(SizeClass c, bool* zeroed) noexcept {
  if (zeroed != nullptr) *zeroed = false;
  if (ready_.load(std::memory_order_relaxed) != nullptr) collect_ready();
  Bin& bin = bins_[c.index];
  if (bin.sample_due) return nullptr;
  const Chain chain = more_blocks(bin, c, zeroed);
  if (chain.head == nullptr) return nullptr;
  const std::uint32_t before = to_sample_.before_sample(bin.current->block_bytes, chain.count);
  if (before < chain.count) {
    bin.sample_due = true;
    FreeBlock** end = &list_of(c);
    *end = chain.head;
    for (std::uint32_t i = 0; i < before; ++i) end = &(*end)->next;
    put_back(*bin.current, std::exchange(*end, nullptr), chain.count - before);
    if (before == 0) return nullptr;
  }
  list_of(c) = chain.head->next;
  return chain.head;
}

[[gnu::noinline]] void* ThreadCache::refill_one(SizeClass c, bool* zeroed) noexcept {
  if (zeroed != nullptr) *zeroed = false;
  if (ready_.load(std::memory_order_relaxed) != nullptr) collect_ready();
  const Chain chain = more_blocks(bins_[c.index], c, zeroed);
  if (chain.head == nullptr) return nullptr;
  if (chain.count > 1) put_back(*bins_[c.index].current, chain.head->next, chain.count - 1);
  return chain.head;
}

// What was just taken, all there was.
void ThreadCache::put_back(Slab& slab, FreeBlock* blocks, std::uint32_t count) noexcept {
  slab.free = blocks;
  slab.set_used(slab.used() - count);
}

// There is no slab to be had: even one free block is worth the call now.
[[gnu::noinline]] ThreadCache::Chain ThreadCache::last_blocks(Bin& bin) noexcept {
  for (Slab* slab = bin.full.front(); slab != nullptr; slab = SlabList::next_of(*slab)) {
    slab->collect_remote();
    if (slab->free == nullptr) continue;
    bin.full.remove(*slab);
    slab->state = SlabState::current;
    bin.current = slab;
    return take_free(*slab);
  }
  return {};
}

Slab* ThreadCache::next_slab(Bin& bin, SizeClass c) noexcept {
  Slab* slab = bin.partial.pop_front();
  if (slab == nullptr) {
    slab = depot_->acquire(c, *this, bin.slabs >= kPopulateFrom);
    if (slab == nullptr) return nullptr;
    ++bin.slabs;
  }
  slab->state = SlabState::current;
  return slab;
}

// Precondition: the class's list is empty, and the slab has too few free blocks; some may still have to be cut.
void ThreadCache::retire_current(Bin& bin) noexcept {
  Slab& slab = *bin.current;
  bin.current = nullptr;
  if (!slab.fully_carved()) {
    slab.state = SlabState::partial;
    bin.partial.push_back(slab);
    return;
  }
  slab.state = SlabState::full;
  slab.expect_event_after(useful_blocks(slab) - slab.free_count());
  bin.full.push_back(slab);
}

[[gnu::noinline]] void ThreadCache::on_event(Slab& slab) noexcept {
  switch (slab.state) {
    case SlabState::full:
      to_partial(slab);
      break;
    case SlabState::partial:
      if (slab.used() == 0) give_up(slab);
      break;
    case SlabState::current:  // its cache goes on with it
    case SlabState::orphan:
      break;
  }
}

void ThreadCache::to_partial(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  bin.full.remove(slab);
  slab.set_used(slab.used());
  slab.state = SlabState::partial;
  bin.partial.push_back(slab);
  if (slab.used() == 0) give_up(slab);
}

// An empty slab leaves. Others may still be about to enlist it: they look at the owner under the same lock.
void ThreadCache::give_up(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  bin.partial.remove(slab);
  --bin.slabs;
  {
    const os::LockGuard guard{ready_lock_};
    slab.owner.store(nullptr, std::memory_order_relaxed);
    if (slab.ready_listed) unlist_ready(slab);
  }
  depot_->release(slab);
}

// Under the ready lock. A fork may have caught another thread between two of enlist's steps: a list may end early, never wrongly.
void ThreadCache::unlist_ready(Slab& slab) noexcept {
  slab.ready_listed = false;
  Slab* at = ready_.load(std::memory_order_relaxed);
  if (at == &slab) return ready_.store(slab.ready_next, std::memory_order_relaxed);
  while (at != nullptr && at->ready_next != &slab) at = at->ready_next;
  if (at != nullptr) at->ready_next = slab.ready_next;
}

[[gnu::noinline]] void ThreadCache::free_remote(Slab& slab, void* block) noexcept {
  const RemoteBuffer::Batch due = remote_.add(slab, block);
  if (due.slab != nullptr) deliver(due, this);
}

void ThreadCache::flush() noexcept {
  for (;;) {
    const RemoteBuffer::Batch due = remote_.take_any();
    if (due.slab == nullptr) return;
    deliver(due, this);
  }
}

void ThreadCache::send_home(Slab& slab, void* block) noexcept {
  auto* freed = static_cast<FreeBlock*>(block);
  deliver({&slab, {freed, freed, 1}}, nullptr);
}

// Who pushes onto an empty remote word tells the owner. The owner may change meanwhile: look again until it has been told.
void ThreadCache::deliver(const RemoteBuffer::Batch& batch, ThreadCache* by) noexcept {
  Slab& slab = *batch.slab;
  // Read before the push: afterwards the slab may be anybody's.
  auto& depot = static_cast<SlabDepot&>(*slab.holder);
  const bool adoptable = by != nullptr && by->wants(slab);
  if (!slab.push_remote(batch.chain)) return;
  for (;;) {
    SlabOwner* const owner = slab.owner.load(std::memory_order_acquire);
    if (owner == nullptr) return;
    if (owner == &g_orphanage) {
      if (depot.settle_orphan(slab, adoptable ? by : nullptr)) by->adopt(slab);
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
  ready_.store(&slab, std::memory_order_relaxed);
  slab.ready_listed = true;
  return true;
}

void ThreadCache::adopt(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  ++bin.slabs;
  bin.partial.push_back(slab);
  if (slab.used() == 0) give_up(slab);
}

void ThreadCache::ask_to_settle() noexcept {
  const os::LockGuard guard{ready_lock_};
  if (closed_) return;
  is_asked_to_settle_ = true;
  if (ready_.load(std::memory_order_relaxed) == nullptr) ready_.store(&g_request, std::memory_order_relaxed);
}

bool ThreadCache::take_request() noexcept {
  const os::LockGuard guard{ready_lock_};
  return std::exchange(is_asked_to_settle_, false);
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
  if (take_request()) settle();
}

void ThreadCache::collect(Slab& slab) noexcept {
  if (slab.collect_remote() == 0) return;
  if (slab.state == SlabState::full) {
    to_partial(slab);
  } else if (slab.state == SlabState::partial && slab.used() == 0) {
    give_up(slab);
  }
}

void ThreadCache::settle() noexcept {
  flush();
  collect_ready();
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    Bin& bin = bins_[index];
    return_list({index});
    if (bin.current == nullptr || bin.current->used() != 0) continue;
    Slab& slab = *bin.current;
    bin.current = nullptr;
    slab.state = SlabState::partial;
    bin.partial.push_back(slab);
    give_up(slab);
  }
}

// The class's list goes back to the current slab, whose blocks they are.
void ThreadCache::return_list(SizeClass c) noexcept {
  FreeBlock*& list = list_of(c);
  if (list == nullptr) return;
  Slab& slab = *bins_[c.index].current;
  std::uint32_t count = 1;
  FreeBlock* last = list;
  for (; last->next != nullptr; last = last->next) ++count;
  last->next = slab.free;
  slab.free = list;
  slab.set_used(slab.used() - count);
  list = nullptr;
}

void ThreadCache::detach() noexcept {
  flush();
  close_ready();
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    return_list({index});
    abandon_all(bins_[index]);
  }
  forget();
}

void ThreadCache::abandon_all(Bin& bin) noexcept {
  if (bin.current != nullptr) bin.partial.push_back(*bin.current);
  while (Slab* slab = bin.full.pop_front()) depot_->abandon(*slab);
  while (Slab* slab = bin.partial.pop_front()) depot_->abandon(*slab);
  bin = {};
}

void ThreadCache::close_ready() noexcept {
  const os::LockGuard guard{ready_lock_};
  closed_ = true;
  is_asked_to_settle_ = false;
  for (Slab* slab = ready_.load(std::memory_order_relaxed); slab != nullptr && slab != &g_request;
       slab = slab->ready_next) {
    slab->ready_listed = false;
  }
  ready_.store(nullptr, std::memory_order_relaxed);
}

void ThreadCache::forget() noexcept {
  close_ready();
  coarse_ = {};
  bins_ = {};
  remote_.clear();
  own_hot_ = {this, {}};
  hot_ = &own_hot_;
  depot_ = nullptr;
}

}  // namespace cenote
