/// What a Heap is made of. Lives in the registry's memory, so that a stale reader finds an old core rather
/// than a hole.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/anchor.hpp>
#include <cenote/detail/fork.hpp>
#include <cenote/detail/malloc_blocks.hpp>
#include <cenote/heap.hpp>

#include "engine/caches/central_pool.hpp"
#include "engine/caches/thread_cache.hpp"
#include "engine/pages/backing.hpp"
#include "heap/quarantine.hpp"
#include "profile/live_samples.hpp"

namespace cenote {

namespace profile {
struct Name;
}

class HeapCore {
 public:
  constexpr HeapCore(PageHeap& pages, HugeBlocks& huge, CentralPool::AfterFree after_free,
                     Budget& shared_budget, std::uint64_t number = 0) noexcept
      : shared{&shared_budget}, central_pool{pages, huge, after_free, name, shared}, serial{number} {}

  static constexpr std::size_t kNameMax = 63;

  Budget* shared;  // with all heaps of this name, or of the process
  CentralPool central_pool;
  std::uint64_t serial;  // never used twice, never 0 for a heap that lives
  Hardening hardening = Hardening::trusting;
  char name[kNameMax + 1] = {};
  std::uint64_t canary_key = 0;  // of a full heap; before its first block
  Quarantine quarantine;
  MallocBlocks* passed = nullptr;  // in pass-through mode, all blocks there are; no thread has a cache then

  os::Lock sampler_lock{os::LockRank::sampler};
  // one of `caches`, used under sampler_lock; null until a profile is made
  std::atomic<ThreadCache*> sampler{nullptr};
  const profile::Name* profile_name = nullptr;  // written before `sampler`
  profile::HeapSamples samples;

  os::ForkHold fork_holds[3] = {os::ForkHold{quarantine.lock()}, os::ForkHold{sampler_lock},
                                os::ForkHold{central_pool.lock()}};

  ThreadCache* caches = nullptr;  // all under the registry's lock: threads that use this heap
  HeapCore* next = nullptr;       // of the live heaps, or of the cores without work
};

/// Plain data. The objects live as long as the process.
struct HeapAnchor {
  static constexpr std::uint64_t kLayout =
      stats::layout_of({BackingAnchor::kLayout, sizeof(HeapCore), sizeof(ThreadCache), sizeof(HotLists)});

  stats::AnchorHead head{.layout = kLayout};
  const Backing* backing = nullptr;
  const HeapCore* process = nullptr;
  HeapCore* const* others = nullptr;  // the first of the other heaps
  const SlabOwner* abandoned_owner = nullptr;
};

extern constinit const HeapAnchor g_heap_anchor;

}  // namespace cenote
