#include <atomic>
#include <bit>
#include <chrono>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>

#include "os/thread.hpp"
#include "support/blocked_thread.hpp"

namespace cenote::os {
namespace {

TEST(System, PagesArePowersOfTwoOfAtLeast4KiB) {
  EXPECT_GE(page_bytes(), 4096U);
  EXPECT_TRUE(std::has_single_bit(page_bytes()));
}

TEST(System, ThereIsAProcessorAndAnAddressSpace) {
  EXPECT_GE(processors(), 1U);
  EXPECT_GT(address_space_limit(), std::size_t{64} << 20);
}

TEST(System, TheCoarseClockAdvancesWithTime) {
  const std::uint64_t before = coarse_milliseconds();
  const auto start = std::chrono::steady_clock::now();
  while (coarse_milliseconds() < before + 40) std::this_thread::yield();
  const auto passed = std::chrono::steady_clock::now() - start;
  EXPECT_GE(passed, std::chrono::milliseconds{20})
      << "the clock of the kernel's ticks advances in steps of up to 10 ms";
}

TEST(System, RandomBitsDoNotRepeat) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bits());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(Wait, EndsAtOnceWhenTheWordIsAnother) {
  const std::atomic<std::uint32_t> word{1};
  wait_while(word, 0);  // would sleep for ever
}

TEST(Wait, EndsWhenTimeIsUp) {
  const std::atomic<std::uint32_t> word{0};
  const auto start = std::chrono::steady_clock::now();
  wait_while(word, 0, 20);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds{20});
}

TEST(Wait, EndsWhenWoken) {
  std::atomic<std::uint32_t> word{0};
  test::BlockedThread waiter{[&] {
    while (word.load() == 0) wait_while(word, 0);
  }};
  waiter.await_sleep();
  word.store(1);
  wake_one(word);
  waiter.join();
}

}  // namespace
}  // namespace cenote::os
