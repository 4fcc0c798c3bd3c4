// Threads that take blocks of all orders, pass them on and free what others took, in memory that is often
// exhausted: each block carries its stamp, and in the end all of it is one block again.
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/buddy_allocator.hpp>

#include "stress/slots.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

/// At the start of a block and at its end, so that an overlap with any other shows.
struct Stamp {
  std::uint64_t bytes;
  std::uint64_t mark;
};

class BuddyStress {
 public:
  explicit BuddyStress(const BuddyOptions& options) : pool_{options}, block_min_{options.block_min} {}

  void run(std::size_t threads) {
    const Deadline deadline{kStressTime};
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < threads; ++i) {
      workers.emplace_back([this, i, &deadline] {
        Random random{i + 1};
        while (!deadline.passed()) {
          for (int n = 0; n < 100; ++n) step(random);
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    for (auto& place : places_) drop(place.exchange(nullptr));
  }

  void expect_all_joined() {
    const BuddyStats stats = pool_.stats();
    EXPECT_EQ(damaged_, 0U);
    EXPECT_EQ(stats.in_use, 0U);
    EXPECT_EQ(stats.allocations, stats.deallocations);
    EXPECT_EQ(stats.free_bytes, stats.bytes);
    EXPECT_EQ(stats.largest_free, std::bit_floor(stats.bytes / stats.block_min) * stats.block_min);
    EXPECT_EQ(stats.external_fragmentation(), 0.0);
    EXPECT_GT(stats.failures, 0U) << "never exhausted: not what is to be tested";
    pool_.check_invariants();
  }

 private:
  void step(Random& random) {
    if (random() % 1000 == 0) static_cast<void>(random() % 4 == 0 ? pool_.trim() : pool_.largest_free());
    const auto order = static_cast<unsigned>(std::countr_zero(random() | 1U << 10));
    const std::size_t size = (block_min_ << order) - random() % (block_min_ / 2);
    Stamp* const left = random() % 3 == 0 ? nullptr : take(size, random());
    drop(places_[random() % places_.size()].exchange(left, std::memory_order_acq_rel));
  }
  Stamp* take(std::size_t size, std::uint64_t mark) {
    const Result<void*> block = pool_.try_allocate(size);
    if (!block) return nullptr;
    auto* const stamp = static_cast<Stamp*>(*block);
    *stamp = {pool_.usable_size(stamp), mark};
    *tail(stamp) = *stamp;
    return stamp;
  }
  static Stamp* tail(Stamp* stamp) { return stamp + stamp->bytes / sizeof(Stamp) - 1; }
  void drop(Stamp* stamp) {
    if (stamp == nullptr) return;
    const bool whole = stamp->bytes == pool_.usable_size(stamp) && tail(stamp)->mark == stamp->mark;
    if (!whole) ++damaged_;
    pool_.deallocate(stamp);
  }

  BuddyAllocator pool_;
  std::size_t block_min_;
  std::array<std::atomic<Stamp*>, 400> places_{};
  std::atomic<std::size_t> damaged_{0};
};

TEST(BuddyStress, PagesAreJoinedAgainWhoeverFreesThem) {
  BuddyStress stress{{.bytes = 4 * kMiB}};
  stress.run(4);
  stress.expect_all_joined();
}

TEST(BuddyStress, SmallBlocksInMemoryThatIsNoPowerOfTwoToo) {
  BuddyStress stress{{.bytes = 70'000, .block_min = 64}};
  stress.run(3);
  stress.expect_all_joined();
}

TEST(BuddyStress, AsManyThreadsAsShareShelves) {
  BuddyStress stress{{.bytes = kMiB, .block_min = 1024}};
  stress.run(12);
  stress.expect_all_joined();
}

}  // namespace
}  // namespace cenote::test
