/// Snapshots while other threads create, use and destroy pools of every kind, and while threads end.
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/epoch_domain.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stats.hpp>

namespace cenote::test {
namespace {

constexpr auto kTime = std::chrono::milliseconds{250};

template <class Sync>
void use_fixed() {
  for (const bool pass_through : {false, true}) {
    FixedPool<long, Sync> pool{
        {.capacity = 4, .capacity_max = 1000, .name = "stress fixed", .pass_through = pass_through}};
    for (int i = 0; i < 100; ++i) static_cast<void>(pool.make(i));
    pool.trim();
  }
}

void use_fixed_pools() {
  use_fixed<SingleThread>();
  use_fixed<Locked>();
  use_fixed<LockFree>();
  use_fixed<ThreadCached>();
}

void use_arenas() {
  Arena arena{{.chunk_bytes = 4096, .name = "stress arena"}};
  ConcurrentArena shared{{.chunk_bytes = 4096, .name = "stress shared arena"}};
  for (int i = 0; i < 10; ++i) {
    const Arena::Scope scope{arena};
    static_cast<void>(arena.allocate(std::size_t{64} << 10));
    static_cast<void>(shared.allocate(10'000));
  }
  arena.reset();
  shared.reset();
  arena.trim();
  shared.trim();
}

template <class Pool>
void use_sizes(Pool& pool) {
  std::vector<void*> blocks;
  for (const std::size_t size : {16U, 100U, 5000U, 70'000U}) blocks.push_back(pool.allocate(size));
  for (void* const block : blocks) pool.deallocate(block);
}

void use_mixed_pools() {
  for (const bool pass_through : {false, true}) {
    Heap heap{HeapOptions{.name = "stress heap", .pass_through = pass_through}};
    use_sizes(heap);
    SlabAllocator slabs{SlabOptions{.name = "stress slabs", .pass_through = pass_through}};
    use_sizes(slabs);
    slabs.trim();
    BuddyAllocator buddies{{.bytes = 1 << 20, .name = "stress buddies", .pass_through = pass_through}};
    use_sizes(buddies);
    PoolManager manager{ManagerOptions{.name = "stress manager", .pass_through = pass_through}};
    for (const std::size_t size : {16U, 3000U}) manager.deallocate(manager.allocate_fixed(size));
    manager.trim();
  }
  NumaPool numa{{.bytes_per_node = 1 << 20, .name = "stress numa"}};
  use_sizes(numa);
}

void use_objects() {
  EpochDomain domain{{.name = "stress epochs"}};
  domain.retire(new long{1});
  MovablePool<long> pool{{.capacity = 1, .capacity_max = 10'000, .name = "stress movable"}};
  std::vector<MovableHandle<long>> objects;
  for (int i = 0; i < 2000; ++i) objects.push_back(pool.make(i));
  objects.resize(100);
  pool.compact();
}

// Its stack, and with it its thread-local lists of free blocks, is unmapped at once: the C library keeps no
// stack as large as this.
void end_thread_with_large_stack() {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, std::size_t{64} << 20), 0);
  pthread_t thread{};
  const auto work = [](void*) -> void* {
    use_sizes(Heap::process());
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, work, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

class SnapshotStress : public testing::TestWithParam<void (*)()> {};

TEST_P(SnapshotStress, IsTakenWhilePoolsComeAndGo) {
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop.load(std::memory_order_relaxed)) {
        GetParam()();
        rounds.fetch_add(1, std::memory_order_relaxed);
      }
    });
  }
  const auto end = std::chrono::steady_clock::now() + kTime;
  do {
    const stats::Snapshot now = stats::snapshot();
    ASSERT_FALSE(now.pools.empty());
  } while (std::chrono::steady_clock::now() < end || rounds.load(std::memory_order_relaxed) < 4);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Pools, SnapshotStress,
                         testing::Values(&use_fixed_pools, &use_arenas, &use_mixed_pools, &use_objects,
                                         &end_thread_with_large_stack));

}  // namespace
}  // namespace cenote::test
