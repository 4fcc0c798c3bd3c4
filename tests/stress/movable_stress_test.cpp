// Threads that pin, make and destroy while one compacts: every object is whole wherever it is found, and ends
// once.
#include <array>
#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/movable_pool.hpp>

#include "stress/slots.hpp"

namespace cenote::test {
namespace {

/// Two words that belong together, an address that must be its own, and memory that would be lost or freed
/// twice.
class Twin {
 public:
  explicit Twin(std::uint64_t seed)
      : seed_{seed}, mirror_{~seed}, text_(50, static_cast<char>('a' + seed % 26)) {
    alive.fetch_add(1, std::memory_order_relaxed);
  }
  /// Lets others run while it is in two places.
  Twin(Twin&& other) noexcept : seed_{other.seed_}, mirror_{other.mirror_}, text_{std::move(other.text_)} {
    alive.fetch_add(1, std::memory_order_relaxed);
    other.mirror_ = 0;
    if (seed_ % 4 == 0) std::this_thread::yield();
  }
  Twin& operator=(Twin&&) = delete;
  ~Twin() {
    alive.fetch_sub(1, std::memory_order_relaxed);
    at_ = nullptr;
  }
  bool is(std::uint64_t seed) const {
    return at_ == this && seed_ == seed && mirror_ == ~seed && text_.size() == 50 &&
           text_[49] == static_cast<char>('a' + seed % 26);
  }
  std::uint64_t seed() const { return seed_; }

  static inline std::atomic<std::int64_t> alive{0};

 private:
  const Twin* at_ = this;
  std::uint64_t seed_, mirror_;
  std::string text_;
};

constexpr std::size_t kShared = 512, kChurned = 2000;

/// Objects that stay, and are pinned by all threads; objects that each thread makes and destroys; ids that
/// say little: their objects end.
class MovableStress {
 public:
  MovableStress() {
    std::vector<MovableHandle<Twin>> between;
    for (std::uint64_t i = 0; i < kShared; ++i) {
      shared_.push_back(pool_.make(i));
      for (int k = 0; k < 8; ++k) between.push_back(pool_.make(i));
    }
  }

  /// Pins by handle what stays, by id what may have ended.
  void read(std::uint32_t seed) {
    std::mt19937 random{seed};
    while (!deadline_.passed() && !failed_.load(std::memory_order_relaxed)) {
      const std::uint64_t i = random() % kShared;
      const Pin<Twin> pin = shared_[i].pin();
      check(pin->is(i));
      const Pin<Twin> again = pin;
      check(again.get() == shared_[i].pin().get() && again->is(i));
      const std::uint64_t packed = published_[random() % kPublished].load(std::memory_order_acquire);
      const Pin<Twin> other =
          pool_.pin({static_cast<std::uint32_t>(packed), static_cast<std::uint32_t>(packed >> 32)});
      if (other) check(other->is(other->seed()));
    }
  }
  void churn(std::uint32_t seed) {
    std::mt19937 random{seed};
    std::vector<MovableHandle<Twin>> held;
    while (!deadline_.passed() && !failed_.load(std::memory_order_relaxed)) {
      while (held.size() < kChurned / 2) make(held, random);
      for (std::size_t i = 0; i < held.size(); ++i) check(held[i].pin()->is(held[i].pin()->seed()));
      while (held.size() > kChurned / 20) {
        std::swap(held[random() % held.size()], held.back());
        held.pop_back();
      }
    }
  }
  /// Once at least: a busy machine may run this thread when the others are done.
  void compact() {
    do {
      pool_.compact(CompactBudget{.objects = 100});
      pool_.compact();
    } while (!deadline_.passed() && !failed_.load(std::memory_order_relaxed));
  }

  void expect_whole_at_the_end() {
    EXPECT_FALSE(failed_.load()) << "an object was not whole";
    EXPECT_GT(pool_.stats().moved, 0U);
    EXPECT_EQ(pool_.size(), kShared);
    EXPECT_EQ(Twin::alive.load(), static_cast<std::int64_t>(kShared));
    pool_.compact();
    EXPECT_LT(pool_.stats().fragmentation, 0.2);
    pool_.check_invariants();
    for (std::uint64_t i = 0; i < kShared; ++i) EXPECT_TRUE(shared_[i].pin()->is(i));
    shared_.clear();
    EXPECT_EQ(Twin::alive.load(), 0);
    pool_.check_invariants();
  }

 private:
  static constexpr std::size_t kPublished = 64;

  void check(bool holds) {
    if (!holds) failed_.store(true, std::memory_order_relaxed);
  }
  void make(std::vector<MovableHandle<Twin>>& held, std::mt19937& random) {
    held.push_back(pool_.make(random()));
    const MovableId id = held.back().id();
    published_[random() % kPublished].store(std::uint64_t{id.life} << 32 | id.entry,
                                            std::memory_order_release);
  }

  MovablePool<Twin> pool_{{.capacity_max = kShared * 9 + 2 * kChurned}};
  std::vector<MovableHandle<Twin>> shared_;
  std::array<std::atomic<std::uint64_t>, kPublished> published_{};
  std::atomic<bool> failed_{false};
  Deadline deadline_{kStressTime};
};

TEST(MovableStress, ObjectsAreWholeWhereverTheyAre) {
  MovableStress stress;
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 2; ++i) {
    threads.emplace_back([&stress, i] { stress.read(i); });
    threads.emplace_back([&stress, i] { stress.churn(10 + i); });
  }
  threads.emplace_back([&stress] { stress.compact(); });
  for (std::thread& thread : threads) thread.join();
  stress.expect_whole_at_the_end();
}

// The last pin of an object ends it, whoever has it, whether it is being moved meanwhile or not.
TEST(MovableStress, PinsOutliveHandles) {
  MovablePool<Twin> pool{{.capacity_max = 5000}};
  const Deadline deadline{kStressTime};
  std::atomic<bool> done{false};
  std::thread compactor{[&] {
    while (!done.load()) pool.compact();
  }};
  for (std::uint64_t round = 0; !deadline.passed(); ++round) {
    std::vector<MovableHandle<Twin>> handles, few;
    for (std::uint64_t i = 0; i < 1000; ++i) handles.push_back(pool.make(i));
    for (std::uint64_t i = 0; i < 1000; i += 20) few.push_back(std::move(handles[i]));
    handles.clear();
    std::atomic<std::size_t> pinned{0};
    std::thread reader{[&] {
      std::vector<Pin<Twin>> pins;
      for (const MovableHandle<Twin>& handle : few) pins.push_back(handle.pin());
      pinned.store(1);
      for (std::size_t i = 0; i < pins.size(); ++i) EXPECT_TRUE(pins[i]->is(20 * i));
    }};
    while (pinned.load() == 0) std::this_thread::yield();
    few.clear();
    reader.join();
    ASSERT_EQ(pool.size(), 0U) << "in round " << round;
  }
  done.store(true);
  compactor.join();
  EXPECT_EQ(Twin::alive.load(), 0);
  pool.check_invariants();
}

}  // namespace
}  // namespace cenote::test
