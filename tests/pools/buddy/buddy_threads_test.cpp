// What threads may rely on: of two frees one wins, and nobody is told `exhausted` while there is a block.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>

#include "support/sizes.hpp"

namespace cenote::test {
namespace {

template <class Body>
void run_threads(std::size_t count, Body body) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back(body, i);
  for (std::thread& thread : threads) thread.join();
}

/// Lets two threads go on within nanoseconds of each other, where both have a processor.
class Gate {
 public:
  void pass() {
    const unsigned round = arrived_.fetch_add(1) / 2 + 1;
    for (int spin = 0; arrived_.load() < 2 * round; ++spin) {
      if (spin > 2'000) std::this_thread::yield();  // the other has no processor
    }
  }

 private:
  std::atomic<unsigned> arrived_{0};
};

void wait_a_little(std::size_t steps) {
  for (std::atomic<std::size_t> left{steps}; left.load(std::memory_order_relaxed) != 0;)
    left.store(left.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

// One thread comes a little earlier or later each time, since who opens the gate is through it before the
// other has seen that it is open. Both have just read the state of the block, which lies on a line of its
// own: both can read it again before either has written.
TEST(BuddyThreads, OfTwoFreesOfOneBlockAtTheSameInstantExactlyOneWins) {
  constexpr int kRounds = 100;
  constexpr std::size_t kBlocks = 256, kStride = 64;
  BuddyAllocator pool{{.bytes = kBlocks * kStride * 64, .block_min = 64}};
  std::atomic<std::size_t> wins{0}, double_frees{0};
  std::vector<void*> blocks(kBlocks);
  Gate gate;
  run_threads(2, [&](std::size_t self) {
    for (int round = 0; round < kRounds; ++round) {
      if (self == 0) {
        for (void*& block : blocks) block = pool.allocate(kStride * 64);
      }
      gate.pass();
      std::array<AllocError, kBlocks> errors{};
      for (std::size_t i = 0; i < kBlocks; ++i) {
        gate.pass();
        EXPECT_NE(pool.usable_size(blocks[i]), 0U);
        gate.pass();
        wait_a_little(self == 0 ? i : kBlocks / 2);
        errors[i] = pool.try_deallocate(blocks[i]).error();
      }
      wins += static_cast<std::size_t>(std::count(errors.begin(), errors.end(), AllocError{}));
      double_frees +=
          static_cast<std::size_t>(std::count(errors.begin(), errors.end(), AllocError::double_free));
      gate.pass();
    }
  });
  EXPECT_EQ(wins, kRounds * kBlocks);
  EXPECT_EQ(double_frees, kRounds * kBlocks);
  EXPECT_EQ(pool.stats().deallocations, kRounds * kBlocks);
  EXPECT_EQ(pool.largest_free(), pool.stats().bytes);
  pool.check_invariants();
}

// Each other thread holds one block at most, and so spoils one of the largest blocks at most: one is left for
// whoever asks.
TEST(BuddyThreads, WhoMustFindABlockFindsOne) {
  constexpr std::size_t kThreads = 4, kLargest = 64 * kKiB;
  BuddyAllocator pool{{.bytes = kThreads * kLargest, .block_min = kKiB}};
  std::atomic<int> refused{0};
  run_threads(kThreads, [&](std::size_t self) {
    std::minstd_rand random{static_cast<unsigned>(self) + 1};
    for (int i = 0; i < 40'000; ++i) {
      const Result<void*> block = pool.try_allocate(kKiB << (random() >> 8) % 7);
      if (!block) {
        ++refused;
        continue;
      }
      static_cast<std::uint64_t*>(*block)[0] = self;
      if (i % 64 == 0) std::this_thread::yield();
      EXPECT_EQ(static_cast<std::uint64_t*>(*block)[0], self);
      pool.deallocate(*block);
    }
  });
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(pool.stats().failures, 0U);
  EXPECT_EQ(pool.largest_free(), kThreads * kLargest);
  pool.check_invariants();
}

TEST(BuddyThreads, WhatOneThreadGivesBackAnotherGets) {
  BuddyAllocator pool{{.bytes = kMiB}};
  for (int round = 0; round < 50; ++round) {
    std::vector<void*> blocks;
    while (const Result<void*> block = pool.try_allocate(4096)) blocks.push_back(*block);
    ASSERT_EQ(blocks.size(), 256U);
    std::thread{[&] {
      for (void* const block : blocks) pool.deallocate(block);
    }}.join();
  }
  EXPECT_EQ(pool.stats().in_use, 0U);
  EXPECT_EQ(pool.largest_free(), kMiB);
}

TEST(BuddyThreads, ThePeakIsNeverTooLowNorFarTooHighWhenOneTakesAndAnotherGives) {
  BuddyAllocator pool{{.bytes = kMiB}};
  for (int round = 0; round < 100; ++round) {
    void* blocks[10];
    for (void*& block : blocks) block = pool.allocate(4096);
    std::thread{[&] {
      for (void* const block : blocks) pool.deallocate(block);
    }}.join();
  }
  EXPECT_GE(pool.stats().peak_in_use, 10U);
  EXPECT_LE(pool.stats().peak_in_use, 256U) << "blocks that came back were counted again";
}

TEST(BuddyThreads, WrongFreesAreFoundWhileOthersWork) {
  BuddyAllocator pool{{.bytes = kMiB}};
  auto* const held = static_cast<std::byte*>(pool.allocate(256 * kKiB));
  std::atomic<bool> stop{false};
  std::thread worker{[&] {
    while (!stop) {
      void* const block = pool.allocate(4096);
      pool.deallocate(block);
      static_cast<void>(pool.largest_free());
    }
  }};
  for (int i = 0; i < 20'000; ++i) {
    EXPECT_EQ(pool.try_deallocate(held + 4096).error(), AllocError::foreign_block);
    EXPECT_EQ(pool.try_deallocate(held, 1).error(), AllocError::size_mismatch);
  }
  stop = true;
  worker.join();
  pool.deallocate(held);
  pool.check_invariants();
}

TEST(BuddyThreads, TrimAndStatisticsMayRunBesideEverything) {
  BuddyAllocator pool{{.bytes = 4 * kMiB}};
  std::atomic<bool> stop{false};
  std::thread watcher{[&] {
    while (!stop) {
      static_cast<void>(pool.trim());
      const BuddyStats stats = pool.stats();
      EXPECT_LE(stats.free_bytes + stats.bytes_in_use, stats.bytes);
    }
  }};
  run_threads(2, [&](std::size_t self) {
    std::minstd_rand random{static_cast<unsigned>(self) + 1};
    for (int i = 0; i < 10'000; ++i) {
      const std::size_t size = std::size_t{4096} << (random() >> 8) % 6;
      auto* const block = static_cast<std::uint64_t*>(pool.allocate(size));
      block[0] = block[size / 8 - 1] = self + 1;
      EXPECT_EQ(block[0] + block[size / 8 - 1], 2 * (self + 1)) << "trimmed while in use";
      pool.deallocate(block);
    }
  });
  stop = true;
  watcher.join();
  EXPECT_EQ(pool.largest_free(), 4 * kMiB);
}

}  // namespace
}  // namespace cenote::test
