#include <algorithm>

#include <cenote/detail/thread_cached_core.hpp>

#include "os/thread.hpp"

namespace cenote {
namespace {

using Guard = PoolGuard<PoolLock>;

// A thread parks at most this many bytes; and all threads together half the pool, so that those who come
// later find blocks without a recall.
constexpr std::size_t kCachedBytesMax = std::size_t{64} * 1024;

// What exceeds this much goes to stock, oldest first, and comes back in the order of its addresses: a map of
// 100,000 nodes, destroyed in the order of its keys and built again, takes two thirds of the time
// (bench/pools, containers). Below, memory is near in any order.
constexpr std::size_t kDepotBytesMax = std::size_t{1} << 20;
constexpr std::size_t kDepotSlotsMin = 1024;

SlotIndex depot_slots(const SlotPlan& plan) noexcept {
  return static_cast<SlotIndex>(std::max(kDepotBytesMax / plan.geometry.stride(), kDepotSlotsMin));
}

SlotIndex cache_slots(std::size_t stride, SlotIndex capacity_max, SlotIndex threads) noexcept {
  const std::size_t by_bytes = kCachedBytesMax / stride;
  const std::size_t by_share = capacity_max / 2 / std::max<SlotIndex>(threads, 1);
  const std::size_t slots = std::min({by_bytes, by_share, std::size_t{SlotCache::kSlotsMax}});
  return static_cast<SlotIndex>(std::max<std::size_t>(slots, 2));
}

std::uint64_t taken_from(const SlotCache& cache) noexcept {
  return (cache.taken_wraps.load(std::memory_order_relaxed) << 32) + cache.read().taken();
}

}  // namespace

ThreadCachedCore::ThreadCachedCore(const SlotPlan& plan, os::Region reserved, os::Memory& memory,
                                   const PoolOptions& options) noexcept
    : space_{plan, reserved, memory, options},
      cache_slots_{cache_slots(plan.geometry.stride(), plan.capacity_max, 1)},
      depot_slots_{depot_slots(plan)},
      states_{space_.states<std::atomic<SlotState>>()},
      depot_{space_} {}

Result<void> ThreadCachedCore::open() noexcept {
  if (const Result<void> opened = space_.open(); !opened) return opened;
  identity_ = slot_caches::enter(*this);
  enlist();
  return {};
}

void ThreadCachedCore::enlist() noexcept {
  using stats::Figure, stats::Gauge;
  constexpr int kHalf = 32;
  const Gauge words = Gauge::in_list(Figure::thread_caches, caches_, &SlotCache::next, &SlotCache::word);
  stats::Gauges gauges;
  depot_.add_here(gauges);
  space_.add_idle(gauges, Figure::thread_caches, words.field(0, kHalf));
  gauges.add(words.as(Figure::allocations, 1).field(kHalf, kHalf))
      .add(Gauge::in_list(Figure::allocations, caches_, &SlotCache::next, &SlotCache::taken_wraps,
                          std::int64_t{1} << kHalf))
      .add(Gauge::of(Figure::allocations, taken_past_))
      .add(Gauge::of(Figure::allocations, direct_))
      .add(Gauge::of(Figure::failures, failures_));
  space_.enlist(gauges);
}

ThreadCachedCore::~ThreadCachedCore() {
  space_.delist();
  slot_caches::leave(*this);
}

// --- slow paths --------------------------------------------------------------------------------------------

// While the lock is held nobody recalls, and the cache is its thread's own: no Use is needed.
Result<void*> ThreadCachedCore::allocate_slow() noexcept {
  const detail::LimitReporter reporter{space_.budget()};
  if (PassedBlocks* const passed = space_.passed()) return passed->allocate();
  SlotCache* const cache = slot_caches::find_or_attach(*this);
  const Guard guard{lock_};
  if (const Result<void> filled = fill_depot(); !filled) return filled.error();
  const SlotIndex slot = take_from_depot();
  if (cache != nullptr) fill_cache(*cache);
  ++direct_;
  return handed_out(slot);
}

void ThreadCachedCore::deallocate_slow(SlotIndex slot) noexcept {
  SlotCache* const cache = slot_caches::find_or_attach(*this);
  const Guard guard{lock_};
  take_back(slot);
  if (cache == nullptr) {
    depot_.put(cells(), slot);
    return;
  }
  if (cache->read().count() >= cache_slots_.load(std::memory_order_relaxed)) flush_older(*cache);
  const CacheWord word = cache->read();
  cache->slots[word.count()] = slot;
  cache->write(word.with_count(word.count() + 1));
}

// Afterwards the depot has a slot, or every block is in use.
Result<void> ThreadCachedCore::fill_depot() noexcept {
  if (depot_.size() != 0) return {};
  const Result<void> refilled = depot_.refill(cells());
  if (refilled) return refilled;
  if (!caches_are_empty()) {
    start_recall();
    end_recall();
    if (depot_.size() != 0) return {};
  }
  ++failures_;
  return refilled;
}

// Reads all caches twice: a cache that gave a slot meanwhile counts it, so two equal readings of nothing are
// of one moment. It spares a caller that tries again and again the fence, and the others its interruptions.
// Source: double collect, Afek et al., "Atomic Snapshots of Shared Memory", JACM 1993.
bool ThreadCachedCore::caches_are_empty() const noexcept {
  std::uint64_t taken[2] = {0, 0};
  for (std::uint64_t& sum : taken) {
    for (const SlotCache* cache = caches_; cache != nullptr; cache = cache->next) {
      const CacheWord word{cache->word.load(std::memory_order_acquire)};
      if (word.count() != 0) return false;
      sum += word.taken();
    }
  }
  return taken[0] == taken[1];
}

// A cache that holds more from now on than it may gives up half of it when its thread next frees a block.
void ThreadCachedCore::share_among_caches() noexcept {
  cache_slots_.store(cache_slots(space_.stride(), space_.capacity_max(), cache_count_),
                     std::memory_order_relaxed);
}

// Half a cache; where slots are scarce, no more than a fair share.
SlotIndex ThreadCachedCore::fair_batch() const noexcept {
  const SlotIndex half = cache_slots_.load(std::memory_order_relaxed) / 2, there = depot_.size();
  if (space_.stock() != 0 || space_.can_grow()) return std::min(half, there);
  return std::min(half, there / (2 * std::max<SlotIndex>(cache_count_, 1)));
}

// The slots keep their order: what came to the depot last is handed out first.
void ThreadCachedCore::fill_cache(SlotCache& cache) noexcept {
  const CacheWord word = cache.read();
  if (word.count() != 0) return;
  const SlotIndex batch = fair_batch();
  depot_.take_many(cells(), cache.slots.data(), batch);
  cache.write(word.with_count(batch));
}

void ThreadCachedCore::put_in_depot(const SlotIndex* slots, SlotIndex count) noexcept {
  depot_.put_many(cells(), slots, count);
  if (depot_.size() > depot_slots_) depot_.stow_older_half(cells());
}

void ThreadCachedCore::flush_older(SlotCache& cache) noexcept {
  const CacheWord word = cache.read();
  const SlotIndex have = word.count(), older = (have + 1) / 2;
  put_in_depot(cache.slots.data(), older);
  std::copy(cache.slots.begin() + older, cache.slots.begin() + have, cache.slots.begin());
  cache.write(word.with_count(have - older));
}

// --- recall ------------------------------------------------------------------------------------------------

// Afterwards all free slots are in the depot, and stay there until end_recall: who wants to use a cache
// meanwhile waits for the lock.
void ThreadCachedCore::start_recall() noexcept {
  if (caches_ == nullptr) return;
  recalling_.store(true, std::memory_order_relaxed);
  os::process_fence();
  for (SlotCache* cache = caches_; cache != nullptr; cache = cache->next) {
    while (cache->busy.load(std::memory_order_acquire)) os::yield_thread();
    take_all(*cache);
  }
}

void ThreadCachedCore::end_recall() noexcept { recalling_.store(false, std::memory_order_release); }

void ThreadCachedCore::take_all(SlotCache& cache) noexcept {
  const CacheWord word = cache.read();
  put_in_depot(cache.slots.data(), word.count());
  cache.write(word.with_count(0));
}

bool ThreadCachedCore::is_free(const void* core, SlotIndex slot) noexcept {
  const auto& pool = *static_cast<const ThreadCachedCore*>(core);
  return pool.states_[slot].load(std::memory_order_relaxed) == SlotState::free;
}

Result<std::size_t> ThreadCachedCore::grow(std::size_t blocks) noexcept {
  const detail::LimitReporter reporter{space_.budget()};
  const Guard guard{lock_};
  return space_.grow(blocks);
}

std::size_t ThreadCachedCore::trim() noexcept {
  const Guard guard{lock_};
  start_recall();
  const std::size_t given = depot_.trim(cells(), this, &is_free);
  end_recall();
  return given;
}

// --- caches come and go ------------------------------------------------------------------------------------

void ThreadCachedCore::adopt(SlotCache& cache) noexcept {
  const Guard guard{lock_};
  cache.next = caches_;
  caches_ = &cache;
  ++cache_count_;
  share_among_caches();
}

// What it took from the depot and gave to callers stays counted.
void ThreadCachedCore::end_cache(SlotCache& cache) noexcept {
  taken_past_ += taken_from(cache);
  cache.taken_wraps.store(0, std::memory_order_relaxed);
  cache.write({});
}

void ThreadCachedCore::absorb(SlotCache& cache) noexcept {
  const Guard guard{lock_};
  take_all(cache);
  end_cache(cache);
  SlotCache** at = &caches_;
  while (*at != &cache) at = &(*at)->next;
  *at = cache.next;
  --cache_count_;
  share_among_caches();
}

SlotCache* ThreadCachedCore::drop_cache() noexcept {
  const Guard guard{lock_};
  SlotCache* const cache = caches_;
  if (cache == nullptr) return nullptr;
  caches_ = cache->next;
  end_cache(*cache);
  return cache;
}

void ThreadCachedCore::forget_busy() noexcept {
  for (SlotCache* cache = caches_; cache != nullptr; cache = cache->next) {
    cache->busy.store(false, std::memory_order_relaxed);
  }
}

// --- statistics --------------------------------------------------------------------------------------------

SlotIndex ThreadCachedCore::cached() const noexcept {
  SlotIndex slots = 0;
  for (const SlotCache* cache = caches_; cache != nullptr; cache = cache->next)
    slots += cache->read().count();
  return slots;
}

std::uint64_t ThreadCachedCore::allocations() const noexcept {
  std::uint64_t taken = taken_past_ + direct_;
  for (const SlotCache* cache = caches_; cache != nullptr; cache = cache->next) {
    taken += taken_from(*cache);
  }
  return taken;
}

std::size_t ThreadCachedCore::in_use() const noexcept {
  const Guard guard{lock_};
  return depot_.out() - cached();
}

PoolStats ThreadCachedCore::stats() const noexcept {
  const Guard guard{lock_};
  PoolStats stats;
  space_.describe(stats);
  stats.in_use = depot_.out() - cached();
  stats.peak_in_use = depot_.peak_out();
  stats.allocations = allocations();
  stats.deallocations = stats.allocations - stats.in_use;
  stats.failures = failures_;
  return stats;
}

}  // namespace cenote
