#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/detail/system.hpp>
#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>
#include <cenote/stats.hpp>

namespace cenote::stats {
namespace {

const Account& find(const Snapshot& snapshot, std::string_view name) {
  const auto found =
      std::ranges::find_if(snapshot.pools, [&](const Account& pool) { return pool.name == name; });
  if (found == snapshot.pools.end()) throw std::runtime_error{"not in the snapshot: " + std::string{name}};
  return *found;
}

bool has(const Snapshot& snapshot, std::string_view name) {
  return std::ranges::any_of(snapshot.pools, [&](const Account& pool) { return pool.name == name; });
}

void expect_to_add_up(const Snapshot& snapshot) {
  Account sum;
  for (const Account& pool : snapshot.pools) {
    EXPECT_EQ(pool.live() + pool.cached() + pool.free(), pool.committed()) << pool.name;
    if (pool.borrows) continue;
    EXPECT_LE(pool.committed(), pool[Figure::reserved]) << pool.name;
    sum += pool;
  }
  EXPECT_EQ(sum.figures, snapshot.process.figures);
  EXPECT_LE(snapshot.process.committed(), snapshot.process[Figure::reserved]);
}

TEST(Snapshot, SaysWhichProcessAndWhen) {
  const Snapshot now = snapshot();
  EXPECT_GT(now.process_id, 0U);
  EXPECT_GT(now.unix_milliseconds, 1'600'000'000'000U);
}

TEST(Snapshot, HasTheHeapsTheirPageHeapAndWhatHasAName) {
  const Heap heap{{.name = "snapshot heap", .limit_bytes = 1 << 20}};
  const BlockPool<Locked> pool{{.block_size = 64, .capacity = 10, .name = "snapshot pool"}};
  const Snapshot now = snapshot();
  EXPECT_EQ(find(now, "snapshot heap").kind, Kind::heap);
  EXPECT_EQ(find(now, "snapshot heap")[Figure::limit], 1U << 20);
  EXPECT_EQ(find(now, "snapshot pool").kind, Kind::fixed_pool);
  EXPECT_EQ(now.pools.front().kind, Kind::page_heap);
  expect_to_add_up(now);
}

TEST(Snapshot, ForgetsWhatHasEnded) {
  { const Heap heap{{.name = "snapshot ended"}}; }
  EXPECT_FALSE(has(snapshot(), "snapshot ended"));
}

class HeapAccount : public testing::TestWithParam<Hardening> {};

TEST_P(HeapAccount, CountsLiveBlocksToTheByte) {
  Heap heap{{.name = "snapshot live", .hardening = GetParam()}};
  std::vector<void*> blocks;
  std::uint64_t bytes = 0;
  for (const std::size_t size : {16U, 100U, 1000U, 5000U, 40'000U, 100'000U, 600'000U, 3'000'000U}) {
    for (int i = 0; i < 20; ++i) {
      blocks.push_back(heap.allocate(size));
      bytes += heap.usable_size(blocks.back());
    }
  }
  const Account account = find(snapshot(), "snapshot live");
  EXPECT_EQ(account[Figure::live], bytes);
  EXPECT_EQ(account[Figure::blocks_in_use], blocks.size());
  EXPECT_GT(account.cached(), 0U);
  for (void* const block : blocks) heap.deallocate(block);
}
INSTANTIATE_TEST_SUITE_P(Tiers, HeapAccount, testing::Values(Hardening::trusting, Hardening::checked));

TEST(HeapAccount, BlocksInTheQuarantineOfAFullHeapAreNotInUse) {
  Heap heap{{.name = "snapshot quarantine", .hardening = Hardening::full}};
  std::vector<void*> blocks;
  for (const std::size_t size : {16U, 100U, 5000U, 40'000U, 100'000U, 600'000U, 3'000'000U}) {
    for (int i = 0; i < 20; ++i) blocks.push_back(heap.allocate(size));
  }
  EXPECT_EQ(find(snapshot(), "snapshot quarantine")[Figure::blocks_in_use], blocks.size());
  for (void* const block : blocks) heap.deallocate(block);
  const Account account = find(snapshot(), "snapshot quarantine");
  EXPECT_EQ(account[Figure::blocks_in_use], 0U);
  EXPECT_EQ(account.live(), 0U);
  EXPECT_GE(account.cached(), 20U * (16 + 100 + 5000 + 40'000));
  EXPECT_GE(account[Figure::untouched], 20U * (100'000 + 600'000)) << "large blocks keep no pages";
}

TEST(HeapAccount, FreedBlocksAreFreeInPartialSlabs) {
  Heap heap{{.name = "snapshot partial"}};
  std::vector<void*> blocks(2000);
  for (void*& block : blocks) block = heap.allocate(1000);
  const std::uint64_t before = find(snapshot(), "snapshot partial")[Figure::partial_slabs];
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
  const Account account = find(snapshot(), "snapshot partial");
  EXPECT_EQ(account[Figure::partial_slabs], before + 1000 * heap.usable_size(blocks[1]));
  for (std::size_t i = 1; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
}

TEST(HeapAccount, BlocksOfEndedThreadsAreOrphans) {
  Heap heap{{.name = "snapshot orphans"}};
  std::vector<void*> blocks(500);
  std::thread{[&] {
    for (void*& block : blocks) block = heap.allocate(200);
    for (std::size_t i = 0; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
  }}.join();
  const Account account = find(snapshot(), "snapshot orphans");
  EXPECT_GE(account[Figure::orphans], 250 * heap.usable_size(blocks[1]));
  EXPECT_EQ(account[Figure::blocks_in_use], 250U);
  for (std::size_t i = 1; i < blocks.size(); i += 2) heap.deallocate(blocks[i]);
}

TEST(HeapAccount, BlocksOnTheirWayHomeAreCached) {
  Heap heap{{.name = "snapshot remote"}};
  std::vector<void*> blocks(200);
  for (void*& block : blocks) block = heap.allocate(200);
  std::atomic<bool> freed{false}, may_end{false};
  std::thread other{[&] {
    for (void* const block : blocks) heap.deallocate(block);
    freed = true;
    freed.notify_one();
    may_end.wait(false);
  }};
  freed.wait(false);
  const Account account = find(snapshot(), "snapshot remote");
  EXPECT_EQ(account[Figure::blocks_in_use], 0U);
  EXPECT_GE(account.cached(), 200 * 208U);
  may_end = true;
  may_end.notify_one();
  other.join();
}

TEST(SlabAccount, HasItsSlabsAndLargeBlocks) {
  SlabAllocator slabs{{.name = "snapshot slabs"}};
  void* const small = slabs.allocate(100);
  void* const large = slabs.allocate(100'000);
  const Account account = find(snapshot(), "snapshot slabs");
  EXPECT_EQ(account.kind, Kind::slab_allocator);
  EXPECT_EQ(account[Figure::live], slabs.usable_size(small) + slabs.usable_size(large));
  EXPECT_EQ(account[Figure::blocks_in_use], 2U);
  slabs.deallocate(small);
  slabs.deallocate(large);
}

TEST(ManagerAccount, StandsForItsHeapToo) {
  PoolManager manager{{.name = "snapshot manager"}};
  const Block kept = manager.allocate_fixed(1000);
  manager.deallocate(manager.allocate_fixed(3000));
  const Snapshot now = snapshot();
  EXPECT_EQ(
      std::ranges::count_if(
          now.pools, [](const Account& pool) { return pool.name == std::string_view{"snapshot manager"}; }),
      1);
  const Account& account = find(now, "snapshot manager");
  EXPECT_EQ(account[Figure::live], 1000U);
  EXPECT_GE(account[Figure::partial_slabs], 3000U);
  EXPECT_EQ(account[Figure::blocks_in_use], 1U);
  expect_to_add_up(now);
  manager.deallocate(kept);
}

TEST(Borrowers, AreNotCountedTwice) {
  BuddyAllocator buddies{{.bytes = 1 << 20, .name = "snapshot lender"}};
  Arena arena{{.name = "snapshot borrower"}, buddies};
  static_cast<void>(arena.allocate(100));
  const Snapshot now = snapshot();
  EXPECT_TRUE(find(now, "snapshot borrower").borrows);
  expect_to_add_up(now);
}

// While threads take and give back, each account still adds up, and what is held all the time is never
// missing: it may be taken for cached where a thread has used up its list meanwhile.
TEST(UnderLoad, EverySnapshotAddsUp) {
  Heap heap{{.name = "snapshot load"}};
  BlockPool<ThreadCached> pool{{.block_size = 100, .capacity = 5000, .name = "snapshot busy"}};
  std::vector<void*> held(1000);
  for (void*& block : held) block = heap.allocate(300);
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&] {
      std::vector<void*> mine(100);
      while (!stop.load(std::memory_order_relaxed)) {
        for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = heap.allocate(10 + i * 37);
        const Block block = pool.allocate();
        for (void* const block_of_heap : mine) heap.deallocate(block_of_heap);
        pool.deallocate(block);
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    const Snapshot now = snapshot();
    expect_to_add_up(now);
    const Account& loaded = find(now, "snapshot load");
    EXPECT_GE(loaded.live() + loaded.cached(), 1000U * 304);
    EXPECT_LE(find(now, "snapshot busy")[Figure::blocks_in_use], 5000U);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  for (void* const block : held) heap.deallocate(block);
}

TEST(Resident, IsExplainedToAFewPercent) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer has memory of its own for each byte of the program's";
#endif
  Heap heap{{.name = "snapshot resident"}};
  heap.trim();  // units count as resident once they have been used, also where they were used in part
  const std::uint64_t before = snapshot().resident_bytes, explained_before = snapshot().process.resident();
  if (before == 0) GTEST_SKIP() << "the system does not say what is resident";
  std::vector<void*> blocks;
  for (int i = 0; i < 40'000; ++i) {
    const std::size_t size = 16 + static_cast<std::size_t>(i * 7919 % 4000);
    blocks.push_back(heap.allocate(size));
    std::memset(blocks.back(), 1, heap.usable_size(blocks.back()));
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 3 != 0) heap.deallocate(blocks[i]);
  }
  const Snapshot now = snapshot();
  const auto grown = static_cast<double>(now.resident_bytes - before);
  const auto explained = static_cast<double>(now.process.resident() - explained_before);
  EXPECT_NEAR(explained / grown, 1, 0.05) << to_table(now);
  for (std::size_t i = 0; i < blocks.size(); i += 3) heap.deallocate(blocks[i]);
}

}  // namespace
}  // namespace cenote::stats
