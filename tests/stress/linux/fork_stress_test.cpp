/// Every pool, heap and arena works in the child of a fork, whatever other threads were doing to it.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/epoch_domain.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/limits.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/stats.hpp>

#include "support/in_child.hpp"

namespace cenote::test {
namespace {

// A subject has work(), which any thread may call at any time, and renew(), which is called while no thread
// is at work; kCallsMalloc says that work() calls the program's malloc.

template <class Sync, bool pass_through = false>
struct Fixed {
  static constexpr bool kCallsMalloc = pass_through;
  FixedPool<std::array<char, 48>, Sync> pool{
      {.capacity = 100, .capacity_max = 1000, .name = "fork", .pass_through = pass_through}};
  void work() {
    std::array<std::array<char, 48>*, 8> blocks{};
    for (auto& block : blocks) block = pool.allocate();
    for (auto* const block : blocks) pool.deallocate(block);
  }
  void renew() {}
};

template <Hardening hardening, bool pass_through = false>
struct OneHeap {
  static constexpr bool kCallsMalloc = pass_through;
  Heap heap{{.name = "fork", .hardening = hardening, .pass_through = pass_through}};
  void work() {
    for (const std::size_t bytes : {24UL, 700UL, 40'000UL, 100'000UL, 2'000'000UL})
      heap.deallocate(heap.allocate(bytes));
    heap.trim();
  }
  void renew() {}
};

template <bool pass_through>
struct Managed {
  static constexpr bool kCallsMalloc = pass_through;
  PoolManager pool{{.name = "fork", .pass_through = pass_through}};
  void work() {
    const Block small = pool.allocate_fixed(1500), large = pool.allocate_fixed(9000);
    pool.deallocate(small);
    pool.deallocate(large);
    pool.trim();
  }
  void renew() {}
};

template <class Pool>
void work_on(Pool& pool) {
  void* const small = pool.allocate(100);
  void* const large = pool.allocate(70'000);
  pool.deallocate(small);
  pool.deallocate(large);
}

template <bool pass_through>
struct Buddy {
  static constexpr bool kCallsMalloc = pass_through;
  BuddyAllocator pool{{.bytes = std::size_t{16} << 20, .name = "fork", .pass_through = pass_through}};
  void work() {
    work_on(pool);
    pool.trim();
  }
  void renew() {}
};

struct Numa {
  NumaPool pool{{.bytes_per_node = std::size_t{16} << 20, .name = "fork"}};
  void work() { work_on(pool); }
  void renew() {}
};

struct Movable {
  MovablePool<std::size_t> pool{{.capacity = 64, .capacity_max = 100'000, .name = "fork"}};
  void work() {
    std::array<MovableHandle<std::size_t>, 20> objects;
    for (std::size_t i = 0; i < objects.size(); ++i) objects[i] = pool.make(i);
    for (std::size_t i = 0; i < objects.size(); i += 2) objects[i] = {};
    pool.compact();
    for (std::size_t i = 1; i < objects.size(); i += 2) {
      if (*objects[i].pin() != i) std::abort();
    }
  }
  void renew() {}
};

// Blocks so large that each has a chunk of its own.
struct Lanes {
  ConcurrentArena arena{{.chunk_bytes = 4096, .limit_bytes = std::size_t{1} << 30, .name = "fork"}};
  void work() {
    if (const Result<void*> block = arena.try_allocate(400'000)) *static_cast<char*>(*block) = 1;
  }
  void renew() {
    arena.reset();
    arena.trim();
  }
};

struct Epochs {
  static constexpr bool kCallsMalloc = true;
  struct Node {
    std::size_t value = 0;
  };
  EpochDomain domain{{.name = "fork"}};
  void work() {
    {
      const EpochDomain::Guard guard = domain.enter();
      domain.retire(new Node{});
    }
    domain.collect();
  }
  void renew() {}
};

// Pools, heaps and lanes that begin and end while the process forks, limits that are set, statistics that are
// read.
struct ComeAndGo {
  static constexpr bool kCallsMalloc = true;
  void work() {
    Fixed<Locked>{}.work();
    Fixed<ThreadCached>{}.work();
    Heap heap{{.name = "fork"}};
    heap.deallocate(heap.allocate(1000));
    Buddy<false>{}.work();
    static_cast<void>(ConcurrentArena{{.name = "fork"}}.allocate(100));
    static_cast<void>(set_limit("fork", std::size_t{1} << 30));
    static_cast<void>(stats::snapshot());
  }
  void renew() {}
};

template <class Subject>
class EveryPool : public ForkAmidThreads {};

using Subjects =
    testing::Types<Fixed<Locked>, Fixed<LockFree>, Fixed<ThreadCached>, Fixed<Locked, true>,
                   Fixed<LockFree, true>, Fixed<ThreadCached, true>, OneHeap<Hardening::trusting>,
                   OneHeap<Hardening::checked>, OneHeap<Hardening::full>, OneHeap<Hardening::checked, true>,
                   Managed<false>, Managed<true>, Buddy<false>, Buddy<true>, Numa, Movable, Lanes, Epochs,
                   ComeAndGo>;
TYPED_TEST_SUITE(EveryPool, Subjects);

template <class Subject>
int live_as_child(Subject& subject, bool has_thread_and_child) {
  subject.work();
  if (!has_thread_and_child) return 0;
  std::thread{[&] { subject.work(); }}.join();
  return in_child([&] {
    subject.work();
    return 0;
  });
}

template <class Subject>
int fork_amid_work(Subject& subject, int forks) {
  constexpr int kThreads = 3;
  std::latch started{kThreads};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      subject.work();
      started.count_down();
      while (!stop.load(std::memory_order_relaxed)) subject.work();
    });
  }
  // a thread that starts holds locks of libc and of the sanitizers, which a child cannot repair
  started.wait();
  int failure = 0;
  for (int i = 0; i < forks && failure == 0; ++i) {
    subject.work();
    failure = in_child([&] { return live_as_child(subject, i % 6 == 0); });
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return failure;
}

// All of it in a child with an alarm, since the fork itself may hang.
TYPED_TEST(EveryPool, WorksInTheChildOfAForkAmidTheWorkOfOtherThreads) {
#if defined(__SANITIZE_ADDRESS__)
  if constexpr (requires { requires TypeParam::kCallsMalloc; })
    GTEST_SKIP() << "another thread may have left AddressSanitizer's malloc locked in the child";
#endif
  constexpr int kRounds = 3, kForks = 12;
  const int result = in_child(
      [&] {
        set_process_limit(SIZE_MAX / 2);  // so that charges take their lock
        const auto subject = std::make_unique<TypeParam>();
        for (int round = 0; round < kRounds; ++round) {
          if (const int failure = fork_amid_work(*subject, kForks); failure != 0) return failure & 0xff;
          subject->renew();
        }
        return 0;
      },
      10 * kChildSecondsMax);
  EXPECT_EQ(result, 0) << "255: hung or crashed";
}

}  // namespace
}  // namespace cenote::test
