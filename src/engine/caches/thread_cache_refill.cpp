/// Where blocks come from when the list of their class is empty.
#include <algorithm>
#include <utility>

#include "engine/caches/thread_cache.hpp"
#include "os/probe.hpp"

namespace cenote {
namespace {

// Fresh blocks are cut an OS page's worth at a time: each page cut is a page that becomes resident.
constexpr std::uint32_t kCarveBytes = 4096;

// A cache that has this many slabs of a class will fill one more: its pages come in by one call, not by
// sixteen faults, which takes 2 to 5 % off programs that build big structures (compiler, tree_builder in
// bench/workload).
constexpr std::uint32_t kPopulateFrom = 16;

// A slab that is all cut is worth a refill from this many free blocks on: the slow path's instructions shared
// out over 16 blocks are few, and what lies idle is a sixteenth of the slab at most (`random` in
// tests/golden).
std::uint32_t useful_blocks(const Slab& slab) noexcept {
  return std::clamp<std::uint32_t>(slab.capacity / 16, 1, 16);
}

}  // namespace

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

// The list ends before the block that is to be sampled, so that exactly its allocation comes back here; that
// block and those behind it stay with the slab. Whatever is handed out was counted here, once.
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
    slab = central_pool_->acquire(c, *this, bin.slabs >= kPopulateFrom);
    if (slab == nullptr) return nullptr;
    ++bin.slabs;
  }
  slab->state = SlabState::current;
  return slab;
}

// Precondition: the class's list is empty, and the slab has too few free blocks; some may still have to be
// cut.
void ThreadCache::retire_current(Bin& bin) noexcept {
  Slab& slab = *bin.current;
  bin.current = nullptr;
  if (!slab.fully_carved()) return file(slab);
  slab.state = SlabState::full;
  slab.expect_event_after(useful_blocks(slab) - slab.free_count());
  bin.full.push_back(slab);
}

}  // namespace cenote
