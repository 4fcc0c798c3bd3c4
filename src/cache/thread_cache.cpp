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

// Lies on the ready list of a cache whose owner is asked for something and has no other slab there: so the refill that looks at the list
// needs no second look for requests. Always the last, never written.
constinit Slab g_request{};

// Few enough blocks in use that pages without any are to be expected: two for each page leave 13 % of pages free when they lie at random.
constexpr std::uint32_t kSparseBlocks = 32;
std::uint32_t sparse_blocks(const Slab& slab) noexcept {
  return std::min<std::uint32_t>(slab.capacity / 4U, kSparseBlocks);
}

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
  if (zeroed != nullptr) *zeroed = slab.cuts_zeros();
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
      const bool no_others = bin.partial.empty() && bin.sparse.empty();
      if (!slab.fully_carved() && (fresh || no_others)) return carve_more(slab, zeroed);
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
  Slab* slab = bin.partial.front();
  if (slab == nullptr) slab = bin.sparse.back();
  if (slab != nullptr) {
    unfile(*slab);
  } else {
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
  if (!slab.fully_carved()) return file(slab);
  slab.state = SlabState::full;
  slab.expect_event_after(useful_blocks(slab) - slab.free_count());
  bin.full.push_back(slab);
}

[[gnu::noinline]] void ThreadCache::on_event(Slab& slab) noexcept {
  switch (slab.state) {
    case SlabState::full:
      bin_of(slab).full.remove(slab);
      file(slab);
      break;
    case SlabState::partial:
    case SlabState::sparse:
      unfile(slab);
      file(slab);
      break;
    case SlabState::current:  // its cache goes on with it
    case SlabState::resting:
    case SlabState::settled:
      break;
  }
}

// Puts a slab, of no list, where its blocks in use say, and has the next event come when that is no longer the right place.
void ThreadCache::file(Slab& slab) noexcept {
  const std::uint32_t in_use = slab.used();
  const std::uint32_t few = sparse_blocks(slab);
  if (in_use == 0) return give_up(slab);
  if (in_use <= few) return to_sparse(slab);
  slab.expect_event_after(in_use - few);
  slab.state = SlabState::partial;
  bin_of(slab).partial.push_back(slab);
}

void ThreadCache::to_sparse(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  slab.set_used(slab.used());
  slab.state = SlabState::sparse;
  bin.sparse.push_back(slab);
  if (++bin.sparse_slabs <= kSparseKept || keeps_slabs_) return;
  Slab& oldest = *bin.sparse.front();
  unfile(oldest);
  leave_to_depot(oldest);
}

void ThreadCache::unfile(Slab& slab) noexcept {
  Bin& bin = bin_of(slab);
  if (slab.state == SlabState::partial) return bin.partial.remove(slab);
  bin.sparse.remove(slab);
  --bin.sparse_slabs;
}

// An empty slab, of no list, leaves.
void ThreadCache::give_up(Slab& slab) noexcept {
  let_go(slab);
  depot_->release(slab);
}

void ThreadCache::leave_to_depot(Slab& slab) noexcept {
  let_go(slab);
  depot_->abandon(slab);
}

// Others may still be about to enlist it: they look at the owner under the same lock.
void ThreadCache::let_go(Slab& slab) noexcept {
  --bin_of(slab).slabs;
  const os::LockGuard guard{ready_lock_};
  slab.owner.store(nullptr, std::memory_order_relaxed);
  if (slab.ready_listed) unlist_ready(slab);
}

// Under the ready lock. A fork may have caught another thread between two of enlist's steps: a list may end early, never wrongly.
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

// Who pushes onto an empty remote word tells the owner. The owner may change meanwhile: look again until it has been told.
void ThreadCache::deliver(const RemoteBuffer::Batch& batch, ThreadCache* by) noexcept {
  Slab& slab = *batch.slab;
  // Read before the push: afterwards the slab may be anybody's.
  auto& depot = static_cast<SlabDepot&>(*slab.holder);
  const Units units = slab.units;
  ThreadCache* const adopter = by != nullptr && by->wants(slab) ? by : nullptr;
  const Slab::Pushed pushed = slab.push_remote(batch.chain());
  if (pushed.first) tell_owner(slab, depot, adopter);
  if (pushed.all) depot.note_came_home(units);
}

void ThreadCache::tell_owner(Slab& slab, SlabDepot& depot, ThreadCache* adopter) noexcept {
  for (;;) {
    SlabOwner* const owner = slab.owner.load(std::memory_order_acquire);
    if (owner == nullptr) return;
    if (owner == &g_orphanage) {
      if (depot.settle_orphan(slab, adopter)) adopter->adopt(slab);
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
  if (slab.collect_remote() == 0 || slab.state == SlabState::current) return;
  if (slab.state == SlabState::full) {
    bin_of(slab).full.remove(slab);
  } else {
    unfile(slab);
  }
  file(slab);
}

std::size_t ThreadCache::purge_for_owner(std::uint32_t slabs_max) noexcept {
  std::array<Slab*, 64> slabs{};
  const std::uint32_t count = claim_ready({slabs.data(), std::min<std::size_t>(slabs_max, slabs.size())});
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t slab_bytes = bytes_of(slabs[i]->units);
    if (slabs[i]->purge_claimed(depot_->pages().memory())) bytes += slab_bytes;
    tell_owner(*slabs[i], *depot_, nullptr);  // who collected meanwhile found it claimed
  }
  return bytes;
}

void ThreadCache::flush_for_owner() noexcept {
  const Batches before = batches_.load(std::memory_order_relaxed);
  if (before == Batches::added) batches_.store(Batches::cold, std::memory_order_relaxed);
  if (before != Batches::cold || !remote_lock_.try_seize()) return;
  batches_.store(Batches::none, std::memory_order_relaxed);
  RemoteBuffer batches = remote_;
  remote_.clear();
  remote_lock_.let_go();
  for (;;) {
    const RemoteBuffer::Batch batch = batches.take_any();
    if (batch.slab == nullptr) return;
    deliver(batch, nullptr);
  }
}

std::uint32_t ThreadCache::claim_ready(std::span<Slab*> claimed) noexcept {
  const os::LockGuard guard{ready_lock_};
  std::uint32_t count = 0;
  if (closed_ || periods_without_refill_ < kPeriodsToBlocked) return 0;
  for (Slab* slab = ready_.load(std::memory_order_relaxed); slab != nullptr && slab != &g_request;
       slab = slab->ready_next) {
    if (count == claimed.size()) break;
    if (depot_->may_purge(*slab) && slab->claim_all_remote()) claimed[count++] = slab;
  }
  return count;
}

void ThreadCache::review() noexcept {
  flush();
  if (keeps_slabs_) return;
  for (Bin& bin : bins_) {
    Slab* behind = nullptr;
    for (Slab* slab = bin.sparse.front(); slab != nullptr; slab = behind) {
      behind = SlabList::next_of(*slab);
      const auto in_use = static_cast<std::uint16_t>(slab->used());
      if (std::exchange(slab->seen_used, in_use) != in_use) continue;
      unfile(*slab);
      leave_to_depot(*slab);
    }
  }
}

// By the class's cache, with nothing on its list.
std::size_t ThreadCache::purge_all(Bin& bin) noexcept {
  std::size_t bytes = bin.current == nullptr ? 0 : depot_->purge_slab(*bin.current);
  for (const SlabList* list : {&bin.partial, &bin.sparse}) {
    for (Slab* slab = list->front(); slab != nullptr; slab = SlabList::next_of(*slab))
      bytes += depot_->purge_slab(*slab);
  }
  return bytes;
}

std::size_t ThreadCache::settle() noexcept {
  flush();
  collect_ready();
  std::size_t bytes = 0;
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    Bin& bin = bins_[index];
    return_list({index});
    if (bin.current != nullptr && bin.current->used() == 0) give_up(*std::exchange(bin.current, nullptr));
    bytes += purge_all(bin);
  }
  return bytes;
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
  for (SlabList* list : {&bin.full, &bin.partial, &bin.sparse}) {
    while (Slab* slab = list->pop_front()) depot_->abandon(*slab);
  }
  bin = {};
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

void ThreadCache::forget() noexcept {
  close_ready();
  coarse_ = {};
  bins_ = {};
  remote_.clear();
  keeps_slabs_ = false;
  own_hot_ = {this, {}};
  hot_ = &own_hot_;
  depot_ = nullptr;
}

}  // namespace cenote
