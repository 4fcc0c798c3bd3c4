/// No allocation and no free of any pool is a cancellation point: a thread with a pending pthread_cancel
/// reaches its own.
#include <pthread.h>

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "engine/caches/central_pool.hpp"

namespace cenote {
namespace {

class Cancellation : public testing::Test {
 protected:
  // Until it is asked, nobody has read the files that say how much memory there is.
  void SetUp() override { headroom::assume_limit(0); }

  /// Whether a thread with a pending cancellation gets through `calls`, and is cancelled only after them.
  static bool gets_through(void (*calls)()) {
    struct Run {
      void (*calls)();
      bool through = false;
    } run{calls};
    const auto body = [](void* argument) -> void* {
      ::pthread_cancel(::pthread_self());
      static_cast<Run*>(argument)->calls();
      static_cast<Run*>(argument)->through = true;
      ::pthread_testcancel();
      return nullptr;
    };
    pthread_t thread{};
    void* result = nullptr;
    if (::pthread_create(&thread, nullptr, body, &run) != 0) return false;
    return ::pthread_join(thread, &result) == 0 && run.through && result == PTHREAD_CANCELED;
  }
};

TEST_F(Cancellation, HeapCallsAreNone) {
  EXPECT_TRUE(gets_through([] {
    Heap heap{{.name = "cancelled"}};
    std::array<void*, 600> blocks{};
    for (void*& block : blocks) block = heap.allocate(60'000);
    for (std::size_t i = 0; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
    for (int i = 0; i < 40; ++i) heap.deallocate(heap.try_allocate(300'000).value_or(nullptr));
    for (std::size_t i = 1; i < blocks.size(); i += 2) heap.deallocate(blocks[i], 60'000);
    void* grown = heap.try_allocate_zeroed(100, 10).value_or(nullptr);
    for (std::size_t bytes = 1000; bytes < std::size_t{64} << 20; bytes *= 2)
      grown = heap.try_reallocate(grown, bytes).value_or(nullptr);
    heap.deallocate(grown);
    heap.trim();
    static_cast<void>(heap.stats());
  }));
}

TEST_F(Cancellation, TheReportOfALimitIsNone) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(gets_through([] {
    Heap heap{{.name = "small", .limit_bytes = 1 << 20, .on_limit = LimitAction::report}};
    heap.deallocate(heap.allocate(4 << 20));
  }));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("above the limit"), std::string::npos);
}

template <class Sync>
void use_block_pool() {
  BlockPool<Sync> pool{{.block_size = 64, .capacity = 1000, .capacity_max = 100'000}};
  std::array<Block, 3000> blocks;
  for (Block& block : blocks) block = pool.allocate();
  for (const Block& block : blocks) pool.deallocate(block);
  pool.trim();
}

TEST_F(Cancellation, CallsOfFixedPoolsAreNone) {
  EXPECT_TRUE(gets_through(&use_block_pool<SingleThread>));
  EXPECT_TRUE(gets_through(&use_block_pool<Locked>));
  EXPECT_TRUE(gets_through(&use_block_pool<LockFree>));
  EXPECT_TRUE(gets_through(&use_block_pool<ThreadCached>));
}

TEST_F(Cancellation, TheReportOfALeakIsNone) {
  testing::internal::CaptureStderr();
  EXPECT_TRUE(gets_through([] {
    BlockPool<Locked> pool{{.block_size = 64, .capacity = 10}};
    static_cast<void>(pool.allocate());
  }));
  EXPECT_NE(testing::internal::GetCapturedStderr().find("1 block in use"), std::string::npos);
}

TEST_F(Cancellation, CallsOfPoolsOfMixedSizesAreNone) {
  EXPECT_TRUE(gets_through([] {
    PoolManager manager;
    for (std::size_t bytes = 8; bytes < 2'000'000; bytes *= 3)
      manager.deallocate(manager.allocate_fixed(bytes));
    manager.trim();
    SlabAllocator slabs;
    for (std::size_t bytes = 8; bytes < 2'000'000; bytes *= 3) slabs.deallocate(slabs.allocate(bytes));
    slabs.trim();
    BuddyAllocator buddy{{.bytes = 64 << 20}};
    for (std::size_t bytes = 8; bytes < 2'000'000; bytes *= 3) buddy.deallocate(buddy.allocate(bytes));
  }));
}

TEST_F(Cancellation, CallsOfArenasAreNone) {
  EXPECT_TRUE(gets_through([] {
    FixedArena fixed{1 << 20};
    static_cast<void>(fixed.allocate(1000));
    fixed.reset(Scrub::decommit);
    Arena arena;
    for (int i = 0; i < 1000; ++i) static_cast<void>(arena.allocate(10'000));
    arena.reset();
    ConcurrentArena shared;
    for (int i = 0; i < 1000; ++i) static_cast<void>(shared.allocate(10'000));
    shared.reset();
  }));
}

// The first that asks for the machine's nodes reads them from files.
TEST_F(Cancellation, CallsOfNumaPoolsAreNone) {
  EXPECT_TRUE(gets_through([] {
    NumaPool pool{{.bytes_per_node = 16 << 20}};
    pool.deallocate(pool.allocate(100'000));
    pool.rebalance();
  }));
}

}  // namespace
}  // namespace cenote
