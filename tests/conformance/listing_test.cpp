// Every pool that has a name is listed, and what the list says of it is what it says of itself.
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/block_pool.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>
#include <cenote/detail/listing.hpp>
#include <cenote/movable_pool.hpp>
#include <cenote/numa_pool.hpp>
#include <cenote/pool_manager.hpp>
#include <cenote/slab_allocator.hpp>

#include "os/thread.hpp"
#include "stats/peek.hpp"

namespace cenote {
namespace {

using stats::Account, stats::Figure, stats::Kind;

std::vector<Account> listed(std::string_view name) {
  struct Search {
    std::string_view name;
    std::vector<Account> found;
  } search{name, {}};
  stats::for_each_listing(
      [](void* context, const stats::Listing& listing) {
        auto& wanted = *static_cast<Search*>(context);
        if (wanted.name != listing.name) return;
        ASSERT_TRUE(stats::read_listing(listing, stats::LocalPeek{}, wanted.found.emplace_back()));
      },
      &search);
  return search.found;
}

Account account_of(std::string_view name) {
  const std::vector<Account> found = listed(name);
  EXPECT_EQ(found.size(), 1U) << name;
  return found.empty() ? Account{} : found.front();
}

template <class Sync>
class ListedPool : public testing::Test {};
using Policies = testing::Types<SingleThread, Locked, LockFree, ThreadCached>;
TYPED_TEST_SUITE(ListedPool, Policies);

void expect_same(const Account& account, const PoolStats& stats) {
  EXPECT_EQ(account.kind, Kind::fixed_pool);
  EXPECT_EQ(account[Figure::blocks_capacity], stats.capacity);
  EXPECT_EQ(account[Figure::blocks_in_use], stats.in_use);
  EXPECT_EQ(account[Figure::blocks_peak], stats.peak_in_use);
  EXPECT_EQ(account[Figure::allocations], stats.allocations);
  EXPECT_EQ(account[Figure::deallocations], stats.deallocations);
  EXPECT_EQ(account[Figure::failures], stats.failures);
  EXPECT_EQ(account[Figure::live], stats.in_use * stats.block_size);
  EXPECT_LE(account.committed(), stats.bytes_reserved);
  EXPECT_EQ(account[Figure::reserved], stats.bytes_reserved);
}

TYPED_TEST(ListedPool, SaysWhatItsStatisticsSay) {
  BlockPool<TypeParam> pool{
      {.block_size = 40, .capacity = 3000, .capacity_max = 6000, .name = "listed blocks"}};
  expect_same(account_of("listed blocks"), pool.stats());
  std::vector<Block> blocks;
  for (int i = 0; i < 2500; ++i) blocks.push_back(pool.allocate());
  expect_same(account_of("listed blocks"), pool.stats());
  for (int i = 0; i < 1700; ++i) {
    pool.deallocate(blocks.back());
    blocks.pop_back();
  }
  expect_same(account_of("listed blocks"), pool.stats());
  while (const auto block = pool.try_allocate()) blocks.push_back(*block);
  expect_same(account_of("listed blocks"), pool.stats());
  EXPECT_GE(account_of("listed blocks")[Figure::failures], 1U);
  for (const Block block : blocks) pool.deallocate(block);
  pool.trim();
  expect_same(account_of("listed blocks"), pool.stats());
}

TYPED_TEST(ListedPool, AddsUpToItsBlocks) {
  BlockPool<TypeParam> pool{{.block_size = 64, .capacity = 1000, .name = "listed sums"}};
  std::vector<Block> blocks;
  for (int i = 0; i < 600; ++i) blocks.push_back(pool.allocate());
  for (int i = 0; i < 300; ++i) {
    pool.deallocate(blocks.back());
    blocks.pop_back();
  }
  EXPECT_EQ(account_of("listed sums").committed(), 64'000U);
  for (const Block block : blocks) pool.deallocate(block);
}

TYPED_TEST(ListedPool, LeavesWithThePool) {
  {
    BlockPool<TypeParam> pool{{.block_size = 64, .capacity = 10, .name = "listed once"}};
    BlockPool<TypeParam> moved{std::move(pool)};
    EXPECT_EQ(listed("listed once").size(), 1U);
  }
  EXPECT_TRUE(listed("listed once").empty());
}

TEST(ListedThreadCached, CountsWhatThreadsKeep) {
  if (!os::process_fence_available()) GTEST_SKIP() << "without a fence no thread keeps anything";
  BlockPool<ThreadCached> pool{{.block_size = 64, .capacity = 1000, .name = "listed caches"}};
  std::thread{[&] {
    const Block block = pool.allocate();
    pool.deallocate(block);
    const Account inside = account_of("listed caches");
    EXPECT_GT(inside.cached(), 0U);
    EXPECT_EQ(inside[Figure::blocks_in_use], 0U);
    EXPECT_EQ(inside.committed(), 64'000U);
  }}.join();
  EXPECT_EQ(account_of("listed caches").cached(), 0U);
}

TEST(ListedPassThrough, IsCountedButItsMemoryIsMallocs) {
  BlockPool<Locked> pool{{.block_size = 64, .capacity = 10, .name = "listed passed", .pass_through = true}};
  const Block block = pool.allocate();
  const Account account = account_of("listed passed");
  EXPECT_EQ(account[Figure::blocks_in_use], 1U);
  EXPECT_TRUE(account.borrows);
  pool.deallocate(block);
}

TEST(ListedArena, SaysWhatItsStatisticsSayAlsoAfterAMove) {
  Arena first{{.chunk_bytes = 4096, .limit_bytes = 1 << 20, .name = "listed arena"}};
  const auto expect_same = [](const Arena& arena) {
    const Account account = account_of("listed arena");
    EXPECT_EQ(account.kind, Kind::arena);
    EXPECT_EQ(account[Figure::live], arena.stats().used);
    EXPECT_EQ(account.committed(), arena.stats().bytes_committed);
    EXPECT_EQ(account[Figure::failures], arena.stats().failures);
    EXPECT_EQ(account[Figure::limit], std::uint64_t{1} << 20);
    EXPECT_FALSE(account.borrows);
  };
  expect_same(first);
  for (int i = 0; i < 100; ++i) static_cast<void>(first.allocate(100));
  EXPECT_FALSE(first.try_allocate(2 << 20));
  expect_same(first);
  Arena second{std::move(first)};
  static_cast<void>(second.allocate(5000));
  expect_same(second);
  second.reset();
  expect_same(second);
  second = Arena{{}};
  EXPECT_TRUE(listed("listed arena").empty());
}

TEST(ListedArena, BorrowsFromAPool) {
  BuddyAllocator buddies{{.bytes = 1 << 20, .name = "listed buddies"}};
  Arena arena{{.name = "listed borrower"}, buddies};
  static_cast<void>(arena.allocate(100));
  EXPECT_TRUE(account_of("listed borrower").borrows);
  EXPECT_GT(account_of("listed buddies")[Figure::live], 0U);
}

TEST(ListedConcurrentArena, SaysWhatItsStatisticsSay) {
  ConcurrentArena arena{{.name = "listed lanes"}};
  std::thread{[&] { static_cast<void>(arena.allocate(3000)); }}.join();
  static_cast<void>(arena.allocate(5000));
  const Account account = account_of("listed lanes");
  EXPECT_EQ(account[Figure::live], arena.stats().used);
  EXPECT_EQ(account.committed(), arena.stats().bytes_committed);
}

TEST(ListedBuddies, SayWhatTheirStatisticsSay) {
  BuddyAllocator buddies{{.bytes = 1 << 20, .name = "listed buddies"}};
  void* const kept = buddies.allocate(5000);
  buddies.deallocate(buddies.allocate(300));
  const Account account = account_of("listed buddies");
  const BuddyStats stats = buddies.stats();
  EXPECT_EQ(account[Figure::live], stats.bytes_in_use);
  EXPECT_EQ(account[Figure::blocks_in_use], stats.in_use);
  EXPECT_EQ(account[Figure::allocations], stats.allocations);
  EXPECT_EQ(account.committed(), stats.bytes);
  buddies.deallocate(kept);
}

TEST(ListedNumaPool, SaysWhatItHolds) {
  Result<NumaPool> pool = NumaPool::create({.bytes_per_node = 1 << 20, .name = "listed nodes"});
  if (!pool) GTEST_SKIP() << "no NUMA pool here: " << to_string(pool.error());
  void* const block = pool->allocate(5000);
  std::uint64_t live = 0;
  for (const Account& account : listed("listed nodes")) {
    if (account.kind != Kind::numa_pool) continue;
    EXPECT_TRUE(account.borrows);
    live = account[Figure::live];
  }
  EXPECT_GE(live, 5000U);
  pool->deallocate(block);
}

TEST(ListedManager, SaysWhatItsStatisticsSay) {
  PoolManager manager{{.limit_bytes = 1 << 20, .name = "listed manager"}};
  const Block kept = manager.allocate_fixed(100);
  manager.deallocate(manager.allocate_fixed(200));
  const Account account = account_of("listed manager");
  const ManagerStats stats = manager.stats();
  EXPECT_EQ(account[Figure::live], stats.bytes_in_use);
  EXPECT_EQ(account[Figure::partial_slabs], stats.bytes_free);
  EXPECT_EQ(account[Figure::blocks_in_use], stats.blocks_in_use);
  EXPECT_EQ(account[Figure::allocations], stats.allocations);
  EXPECT_EQ(account[Figure::deallocations], stats.deallocations);
  EXPECT_EQ(account[Figure::limit], stats.limit_bytes);
  manager.deallocate(kept);
}

TEST(ListedMovable, SaysWhatItsStatisticsSay) {
  struct Row {
    std::uint64_t words[5];
  };
  MovablePool<Row> pool{{.capacity = 10, .capacity_max = 5000, .name = "listed rows"}};
  const auto expect_same = [&] {
    const Account account = account_of("listed rows");
    const MovableStats stats = pool.stats();
    EXPECT_EQ(account.kind, Kind::movable_pool);
    EXPECT_EQ(account[Figure::blocks_in_use], stats.objects);
    EXPECT_EQ(account[Figure::blocks_capacity], 5000U);
    EXPECT_EQ(account[Figure::allocations], stats.allocations);
    EXPECT_EQ(account[Figure::deallocations], stats.deallocations());
    EXPECT_EQ(account[Figure::failures], stats.failures);
    EXPECT_EQ(account[Figure::live], stats.bytes_live);
    EXPECT_EQ(account.committed() - account[Figure::untouched], stats.bytes_committed);
    EXPECT_EQ(account[Figure::empty_slabs], stats.frames_empty * stats.frame_bytes);
    EXPECT_EQ(account[Figure::metadata], stats.bytes_metadata);
    EXPECT_EQ(account[Figure::reserved], stats.bytes_reserved);
    EXPECT_LE(account.committed() + account[Figure::metadata], stats.bytes_reserved);
  };
  expect_same();
  std::vector<MovableHandle<Row>> rows;
  while (auto row = pool.try_make()) rows.push_back(*std::move(row));
  expect_same();
  std::vector<MovableHandle<Row>> kept;
  for (std::size_t i = 0; i < rows.size(); i += 7) kept.push_back(std::move(rows[i]));
  rows.clear();
  expect_same();
  pool.compact();
  expect_same();
  kept.clear();
  expect_same();
}

TEST(ListedSlabs, CountWhatTheyHandOut) {
  SlabAllocator slabs{{.name = "listed slabs"}};
  slabs.deallocate(slabs.allocate(100));
  void* const large = slabs.allocate(100'000);
  EXPECT_EQ(account_of("listed slabs")[Figure::allocations], 2U);
  slabs.deallocate(large);
}

TEST(Unlisted, IsWhatHasNoName) {
  const BlockPool<Locked> pool{{.block_size = 64, .capacity = 10}};
  EXPECT_TRUE(listed("").empty());
}

}  // namespace
}  // namespace cenote
