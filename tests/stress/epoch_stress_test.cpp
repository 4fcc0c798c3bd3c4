/// Epoch domains under readers, writers, collectors, and threads that come and go: nobody meets an object
/// that was given back.
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "stress/slots.hpp"

namespace cenote::test {
namespace {

constexpr std::uint64_t kAlive = 0x600d'600d'600d'600d, kDead = 0xdead'dead'dead'dead;

/// Its two words always agree while it lives.
struct Node {
  explicit Node(std::uint64_t seed) : value{seed}, mirror{~seed} {}
  ~Node() { mark = kDead; }
  bool is_whole() const { return mark == kAlive && value == ~mirror; }

  std::uint64_t mark = kAlive;
  std::uint64_t value, mirror;
};

class EpochStress : public testing::TestWithParam<EpochFence> {
 protected:
  static constexpr std::size_t kCells = 16;

  void replace_one(Random& random) {
    Node* const fresh = std::construct_at(pool.allocate(), random());
    Node* const old = cells[random() % kCells].exchange(fresh, std::memory_order_acq_rel);
    if (old != nullptr) domain.retire(pool, old);
  }
  void read_some(Random& random) {
    const auto guard = domain.enter();
    for (int i = 0; i < 4; ++i) {
      const auto inner = domain.enter();
      const Node* const node = cells[random() % kCells].load(std::memory_order_acquire);
      if (node != nullptr && !node->is_whole()) whole = false;
    }
  }
  /// `body(random)` in each of `count` threads, again and again.
  template <class Body>
  void run(std::size_t count, Body body) {
    for (std::size_t i = 0; i < count; ++i) {
      threads.emplace_back([this, body, seed = threads.size()] {
        Random random{seed};
        const Deadline deadline{kStressTime};
        while (!deadline.passed()) body(random);
      });
    }
  }
  void expect_all_back() {
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(whole);
    for (auto& cell : cells) {
      if (Node* const node = cell.exchange(nullptr)) domain.retire(pool, node);
    }
    domain.synchronize();
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(domain.stats().waiting, 0U);
    EXPECT_EQ(domain.stats().threads, 1U) << "this one";
  }

  FixedPool<Node, ThreadCached> pool{{.capacity = 1000, .capacity_max = 1'000'000}};
  EpochDomain domain{{.retired_max = 5000, .fence = GetParam()}};
  std::array<std::atomic<Node*>, kCells> cells{};
  std::atomic<bool> whole{true};
  std::vector<std::thread> threads;
};

INSTANTIATE_TEST_SUITE_P(Fence, EpochStress, testing::Values(EpochFence::collections, EpochFence::readers),
                         [](const auto& fence) {
                           return fence.param == EpochFence::readers ? "AtReaders" : "AtCollections";
                         });

TEST_P(EpochStress, ReadersMeetOnlyWhatLives) {
  run(3, [this](Random& random) { read_some(random); });
  run(2, [this](Random& random) { replace_one(random); });
  expect_all_back();
}

TEST_P(EpochStress, WritersInsideGuardsStayNearTheLimit) {
  std::atomic<std::size_t> most{0};
  run(3, [this](Random& random) {
    const auto guard = domain.enter();
    for (int i = 0; i < 10; ++i) replace_one(random);
  });
  run(1, [&](Random& random) {
    read_some(random);
    const std::size_t waiting = domain.stats().waiting;
    if (waiting > most) most = waiting;
  });
  expect_all_back();
  EXPECT_LE(most, 5000U + 3 * 10);
}

TEST_P(EpochStress, CollectorsAndThreadsThatComeAndGo) {
  run(2, [this](Random& random) {
    std::thread{[this, seed = random()] {
      Random own{seed};
      for (int i = 0; i < 30; ++i) {
        read_some(own);
        replace_one(own);
      }
    }}.join();
  });
  run(1, [this](Random&) { domain.collect(); });
  run(1, [this](Random& random) {
    domain.synchronize();
    read_some(random);
  });
  run(1, [this](Random&) { static_cast<void>(domain.stats()); });
  expect_all_back();
}

TEST_P(EpochStress, AStalledReaderHoldsTheWritersUp) {
  std::atomic<bool> leave{false};
  std::thread stalled{[&] {
    const auto guard = domain.enter();
    while (!leave) std::this_thread::yield();
  }};
  run(2, [this](Random& random) { replace_one(random); });
  std::size_t most = 0;
  for (const Deadline deadline{kStressTime / 2}; !deadline.passed();)
    most = std::max(most, domain.stats().waiting);
  leave = true;
  stalled.join();
  expect_all_back();
  EXPECT_LE(most, 5000U);
}

}  // namespace
}  // namespace cenote::test
