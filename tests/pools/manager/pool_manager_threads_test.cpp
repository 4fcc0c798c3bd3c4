/// Threads at random on one manager: every block belongs to one of them at a time, and the sums come out
/// even.
#include <array>
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/pool_manager.hpp>

#include "stress/slots.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kThreads = 4;

template <class Body>
void run_threads(Body body) {
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) threads.emplace_back(body, t);
  for (std::thread& thread : threads) thread.join();
}

/// In a block's first bytes while somebody has it. Written when it comes, looked at when it goes: a block
/// with two owners shows, and TSan sees a block that passes from one thread to another without order.
struct Stamp {
  std::uint64_t owner;
  std::size_t size;
};

Block stamp(Block block, std::uint64_t owner) {
  const Stamp stamp{owner, block.size()};
  std::memcpy(block.data(), &stamp, sizeof stamp);
  return block;
}

bool bears_stamp(Block block, std::uint64_t owner) {
  Stamp stamp{};
  std::memcpy(&stamp, block.data(), sizeof stamp);
  return stamp.owner == owner && stamp.size == block.size();
}

std::size_t random_size(Random& random) {
  if (random() % 500 == 0) return (std::size_t{2} << 20) + random() % 2;
  return sizeof(Stamp) + random() % (random() % 20 == 0 ? 9000 : 100);
}

class PoolManagerThreads : public testing::Test {
 protected:
  /// One call chosen at random, with what `held` holds.
  void step(std::uint64_t owner, std::vector<Block>& held, Random& random) {
    const std::uint64_t kind = random() % 100;
    if (kind == 0) return static_cast<void>(manager.trim());
    if (kind == 1) return static_cast<void>(manager.prepopulate(random_size(random), random() % 4));
    if (kind == 2) return static_cast<void>(manager.available(random_size(random)));
    if (kind == 3) return check_sums();
    if (kind < 50 && held.size() < 200) return allocate(owner, held, random);
    if (!held.empty()) deallocate(owner, held, random);
  }

  void allocate(std::uint64_t owner, std::vector<Block>& held, Random& random) {
    const std::size_t size = random_size(random);
    const Result<Block> block =
        random() % 2 == 0 ? manager.try_allocate_fixed(size) : manager.try_allocate_between(size, 2 * size);
    if (!block) {
      if (block.error() != AllocError::limit_reached) failed = true;
      return;
    }
    if (block->size() < size || block->size() > 2 * size) failed = true;
    held.push_back(stamp(*block, owner));
  }

  void deallocate(std::uint64_t owner, std::vector<Block>& held, Random& random) {
    std::swap(held[random() % held.size()], held.back());
    if (!bears_stamp(held.back(), owner)) failed = true;
    if (!manager.try_deallocate(held.back())) failed = true;
    held.pop_back();
  }

  void check_sums() {
    const ManagerStats stats = manager.stats();
    if (stats.bytes_in_use + stats.bytes_free > kLimit) failed = true;
    if (stats.allocations - stats.deallocations != stats.blocks_in_use) failed = true;
  }

  static constexpr std::size_t kLimit = 8 << 20;
  PoolManager manager{{.limit_bytes = kLimit, .name = "threads"}};
  std::atomic<bool> failed{false};
};

TEST_F(PoolManagerThreads, EachBlockHasOneOwner) {
  const Deadline deadline{kStressTime};
  run_threads([&](std::size_t t) {
    Random random{t};
    std::vector<Block> held;
    while (!deadline.passed() && !failed) {
      for (int i = 0; i < 100; ++i) step(t, held, random);
    }
    while (!held.empty()) deallocate(t, held, random);
  });
  EXPECT_FALSE(failed) << "two owners, a wrong size, or sums that do not come out even";
  EXPECT_EQ(manager.stats().blocks_in_use, 0U);
  const std::size_t bytes_free = manager.stats().bytes_free;
  EXPECT_EQ(manager.trim(), bytes_free);
}

TEST_F(PoolManagerThreads, BlocksPassFromThreadToThread) {
  static std::array<std::atomic<std::byte*>, 64> places{};
  const Deadline deadline{kStressTime};
  run_threads([&](std::size_t t) {
    Random random{t};
    while (!deadline.passed() && !failed) {
      const Block mine = stamp(manager.allocate_fixed(64), 7);
      std::byte* const theirs =
          places[random() % places.size()].exchange(mine.data(), std::memory_order_acq_rel);
      if (theirs == nullptr) continue;
      if (!bears_stamp({theirs, 64}, 7) || !manager.try_deallocate({theirs, 64})) failed = true;
    }
  });
  for (std::atomic<std::byte*>& place : places) {
    if (std::byte* const left = place.exchange(nullptr)) manager.deallocate({left, 64});
  }
  EXPECT_FALSE(failed);
  EXPECT_EQ(manager.stats().blocks_in_use, 0U);
  EXPECT_LE(manager.stats().blocks_free, places.size() + 2 * kThreads) << "blocks are used again, not made";
}

TEST_F(PoolManagerThreads, OfManyFreesOfOneBlockExactlyOneSucceeds) {
  for (int round = 0; round < 300; ++round) {
    const Block block = manager.allocate_fixed(100);
    std::atomic<int> accepted{0}, waiting{0};
    run_threads([&](std::size_t t) {
      for (++waiting; waiting != kThreads;) {
      }
      if (t == 0) manager.trim();
      if (manager.try_deallocate(block)) ++accepted;
    });
    ASSERT_EQ(accepted, 1);
  }
}

TEST_F(PoolManagerThreads, TheLimitHoldsWhoeverAsks) {
  PoolManager small{{.limit_bytes = 64 * 100}};
  std::array<std::vector<Block>, kThreads> granted;
  run_threads([&](std::size_t t) {
    while (const Result<Block> block = small.try_allocate_fixed(64)) granted[t].push_back(*block);
  });
  EXPECT_EQ(small.stats().blocks_in_use, 100U);
  EXPECT_EQ(small.stats().failures, kThreads);
  for (const std::vector<Block>& blocks : granted) {
    for (const Block block : blocks) small.deallocate(block);
  }
  EXPECT_EQ(small.available(64), 100U);
}

}  // namespace
}  // namespace cenote::test
