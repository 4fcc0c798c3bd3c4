/// A remote free is a push and then a notification of the slab's owner. These tests let the slab change hands
/// in between, as a thread that is preempted there would see it.
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/slab_allocator.hpp>

#include "engine/caches/thread_cache.hpp"
#include "engine/pages/backing.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kBytes = 1000;

bool push(Slab& slab, void* block) {
  auto* const freed = static_cast<FreeBlock*>(block);
  return slab.push_remote({freed, freed, 1}).first;
}

TEST(LateNotification, LeavesASlabAllocatorAloneThatReusesTheUnits) {
  Heap heap{HeapOptions{.hardening = Hardening::trusting}};
  void* const block = heap.allocate(kBytes);
  Slab& slab = *g_backing.pages.space().descriptor_of(block);
  auto& central_pool = static_cast<CentralPool&>(*slab.holder);
  ASSERT_TRUE(push(slab, block));

  // The owner collects the block, empties the slab and releases it.
  std::vector<void*> blocks;
  for (int i = 0; i < 200; ++i) blocks.push_back(heap.allocate(kBytes));
  for (void* const each : blocks) heap.deallocate(each);
  heap.trim();
  ASSERT_EQ(slab.kind, UnitKind::unused);

  SlabAllocator allocator;
  blocks.clear();
  while (blocks.size() < 100'000 && slab.kind == UnitKind::unused)
    blocks.push_back(allocator.allocate(kBytes));
  ASSERT_EQ(slab.kind, UnitKind::slab);
  ASSERT_NE(slab.holder, &central_pool);

  ThreadCache::tell_owner(slab, central_pool, nullptr);
  allocator.check_invariants();
  EXPECT_FALSE(slab.ready_listed);
  for (void* const each : blocks) allocator.deallocate(each);
}

TEST(LateNotification, ListsNoSlabOfADyingHeapWithACacheThatServesAnotherHeap) {
  CentralPool dying{g_backing.pages, g_backing.huge, []() noexcept {}};
  CentralPool other{g_backing.pages, g_backing.huge, []() noexcept {}};
  ThreadCache cache;
  cache.attach(dying, nullptr);
  void* const block = cache.refill(size_class_of(kBytes));
  ASSERT_NE(block, nullptr);
  Slab& slab = *g_backing.pages.space().descriptor_of(block);
  ASSERT_TRUE(push(slab, block));

  dying.disown_all();
  cache.forget();
  cache.attach(other, nullptr);
  ThreadCache::tell_owner(slab, dying, nullptr);
  EXPECT_FALSE(slab.ready_listed);

  cache.detach();
  dying.release_all();
  other.release_all();
}

}  // namespace
}  // namespace cenote::test
