/// Threads on heaps and pools of one name that come and go, under limits of each heap, of the name and of the
/// process: no level is ever seen above its limit, what is refused is asked for again, and in the end nothing
/// is held.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/concurrent_arena.hpp>
#include <cenote/fixed_pool.hpp>
#include <cenote/heap.hpp>
#include <cenote/limits.hpp>
#include <cenote/movable_pool.hpp>

#include "stress/slots.hpp"
#include "support/limit_recorder.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kThreads = 4;
constexpr const char* kName = "limited stress";

class LimitsStress : public testing::Test {
 protected:
  ~LimitsStress() override {
    EXPECT_TRUE(set_limit(kName, 0));
    set_process_limit(0);
  }

  using Places = std::array<std::atomic<void*>, 61>;

  /// Blocks of all kinds until something is refused; then all go back. Now and then one is exchanged with
  /// what another thread left.
  static void work(Heap& heap, Places& places, std::uint64_t seed, const Deadline& deadline,
                   std::atomic<std::size_t>& refusals) {
    constexpr std::size_t kSizes[] = {16, 100, 3000, 40'000, 150'000, 1'500'000};
    std::vector<void*> blocks;
    while (!deadline.passed()) {
      seed = seed * 6364136223846793005U + 1442695040888963407U;
      const Result<void*> block = heap.try_allocate(kSizes[(seed >> 33) % std::size(kSizes)]);
      if (block && seed % 8 == 0) {
        heap.deallocate(places[(seed >> 40) % places.size()].exchange(*block, std::memory_order_acq_rel));
        continue;
      }
      if (block) {
        blocks.push_back(*block);
        continue;
      }
      EXPECT_EQ(block.error(), AllocError::limit_reached);
      refusals.fetch_add(1, std::memory_order_relaxed);
      for (void* const mine : blocks) heap.deallocate(mine);
      blocks.clear();
      for (std::size_t i = 0; i < 16; ++i)
        heap.deallocate(places[(seed + i) % places.size()].exchange(nullptr, std::memory_order_acq_rel));
    }
    for (void* const mine : blocks) heap.deallocate(mine);
  }
};

TEST_F(LimitsStress, NoLevelIsEverAboveItsLimit) {
  const std::size_t before = process_limit().bytes_held;
  ASSERT_TRUE(set_limit(kName, 12 * kMiB));
  set_process_limit(before + 10 * kMiB);
  Heap shared{{.name = kName, .limit_bytes = 7 * kMiB}};
  const Deadline deadline{kStressTime};
  std::atomic<std::size_t> refusals{0};
  std::atomic<bool> over{false};
  Places exchanged{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      if (t % 2 == 0) return work(shared, exchanged, t + 1, deadline, refusals);
      Heap own{{.name = kName}};
      Places alone{};
      work(own, alone, t + 1, deadline, refusals);
    });
  }
  threads.emplace_back([&] {
    while (!deadline.passed()) {
      if (shared.stats().bytes_held > 7 * kMiB || limit_of(kName).bytes_held > 12 * kMiB ||
          process_limit().bytes_held > before + 10 * kMiB)
        over = true;
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(over);
  EXPECT_GT(refusals, 0U);
  for (std::atomic<void*>& place : exchanged) shared.deallocate(place.load());
  shared.trim();
  EXPECT_EQ(shared.stats().bytes_held, 0U);
  EXPECT_EQ(limit_of(kName).bytes_held, 0U);
  EXPECT_EQ(process_limit().bytes_held, before);
}

TEST_F(LimitsStress, HeapsComeAndGoWhileTheirLimitsChangeAndReport) {
  LimitRecorder recorder;
  const Deadline deadline{kStressTime};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t round = 0; !deadline.passed(); ++round) {
        Heap heap{{.name = round % 3 == 0 ? "another" : kName}};
        for (std::size_t i = 0; i < 40; ++i) {
          const Result<void*> block = heap.try_allocate(1000 * (i + 1) * (t + 1));
          if (block && i % 2 == 0) heap.deallocate(*block);
        }
      }
    });
  }
  threads.emplace_back([&] {
    for (std::size_t round = 0; !deadline.passed(); ++round) {
      EXPECT_TRUE(
          set_limit(kName, (round % 4) * kMiB, round % 2 == 0 ? LimitAction::refuse : LimitAction::report));
      std::this_thread::yield();
    }
  });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(limit_of(kName).bytes_held, 0U);
  EXPECT_EQ(limit_of("another").bytes_held, 0U);
}

struct Item {
  std::array<std::byte, 1000> bytes;
};

// Each thread grows pools that all share and one of its own until a limit refuses, then gives all of it back.
TEST_F(LimitsStress, PoolsOfAllKindsShareTheLimitOfTheirName) {
  const std::size_t before = process_limit().bytes_held;
  ASSERT_TRUE(set_limit(kName, 8 * kMiB));
  std::atomic<std::size_t> refusals{0};
  std::atomic<bool> over{false};
  {
    const PoolOptions options{.capacity = 100, .capacity_max = 100'000, .name = kName};
    FixedPool<Item> lock_free{options};
    FixedPool<Item, ThreadCached> cached{options};
    MovablePool<Item> movable{{.capacity = 100, .capacity_max = 100'000, .name = kName}};
    ConcurrentArena arena{{.name = kName}};
    const Deadline deadline{kStressTime};
    const auto work = [&](auto& pool) {
      std::vector<Item*> items;
      for (Result<Item*> item = pool.try_allocate();; item = pool.try_allocate()) {
        if (!item) {
          EXPECT_EQ(item.error(), AllocError::limit_reached);
          refusals.fetch_add(1, std::memory_order_relaxed);
          break;
        }
        items.push_back(*item);
        if (items.size() > 4000 || deadline.passed()) break;
      }
      for (Item* const item : items) pool.deallocate(item);
      pool.trim();
    };
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        while (!deadline.passed()) {
          work(lock_free);
          work(cached);
          if (auto own = FixedPool<Item, SingleThread>::create(options)) work(*own);
          std::vector<MovableHandle<Item>> handles;
          while (auto handle = movable.try_make()) {
            handles.push_back(*std::move(handle));
            if (handles.size() > 2000) break;
          }
          handles.clear();
          movable.compact();
          static_cast<void>(arena.try_allocate(1000));
        }
      });
    }
    threads.emplace_back([&] {
      while (!deadline.passed()) {
        if (limit_of(kName).bytes_held > 8 * kMiB) over = true;
        std::this_thread::yield();
      }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(over);
    EXPECT_GT(refusals, 0U);
  }
  EXPECT_EQ(limit_of(kName).bytes_held, 0U);
  EXPECT_EQ(process_limit().bytes_held, before);
}

}  // namespace
}  // namespace cenote::test
