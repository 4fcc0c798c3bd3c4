/// What is done for an owner that is blocked.
#include <algorithm>
#include <array>
#include <span>

#include "engine/caches/thread_cache.hpp"

namespace cenote {

std::size_t ThreadCache::purge_for_owner(std::uint32_t slabs_max) noexcept {
  std::array<Slab*, 64> slabs{};
  const std::uint32_t count = claim_ready({slabs.data(), std::min<std::size_t>(slabs_max, slabs.size())});
  std::size_t bytes = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::size_t slab_bytes = bytes_of(slabs[i]->units);
    if (slabs[i]->purge_claimed(central_pool_->pages().memory())) bytes += slab_bytes;
    tell_owner(*slabs[i], *central_pool_, nullptr);  // who collected meanwhile found it claimed
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
    if (central_pool_->may_purge(*slab) && slab->claim_all_remote()) claimed[count++] = slab;
  }
  return count;
}

}  // namespace cenote
