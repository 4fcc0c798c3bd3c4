/// Threads that come and go, hand blocks to each other, and are cancelled.
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "malloc/preloaded.hpp"
#include "support/pattern.hpp"

namespace malloc_test {
namespace {

using cenote::test::fill_pattern;
using cenote::test::holds_pattern;

class Threads : public OnCenote {};

/// A ring of one producer and one consumer.
class Ring {
 public:
  void push(void* block) {
    const std::size_t at = tail_.load(std::memory_order_relaxed);
    while (at - head_.load(std::memory_order_acquire) == slots_.size()) std::this_thread::yield();
    slots_[at % slots_.size()] = block;
    tail_.store(at + 1, std::memory_order_release);
  }
  void* pop() {
    const std::size_t at = head_.load(std::memory_order_relaxed);
    while (tail_.load(std::memory_order_acquire) == at) std::this_thread::yield();
    void* const block = slots_[at % slots_.size()];
    head_.store(at + 1, std::memory_order_release);
    return block;
  }

 private:
  std::array<void*, 256> slots_{};
  std::atomic<std::size_t> head_{0}, tail_{0};
};

std::size_t size_of(std::size_t i) { return 8 + (i * 2654435761U >> 7) % (i % 50 == 0 ? 200'000 : 900); }

TEST_F(Threads, BlocksPassedThroughARingArriveWhole) {
  constexpr std::size_t kBlocks = 60'000;
  Ring ring;
  std::thread producer{[&] {
    for (std::size_t i = 0; i < kBlocks; ++i) {
      void* const block = std::malloc(size_of(i));
      fill_pattern(block, size_of(i), i);
      ring.push(block);
    }
  }};
  for (std::size_t i = 0; i < kBlocks; ++i) {
    void* const block = ring.pop();
    ASSERT_TRUE(holds_pattern(block, size_of(i), i)) << i;
    std::free(block);
  }
  producer.join();
}

TEST_F(Threads, BlocksOfFiveThousandShortThreadsAreFreedByOthers) {
  constexpr std::size_t kThreads = 5000, kAtOnce = 10, kEach = 20;
  std::vector<std::pair<void*, std::size_t>> left;
  std::mutex mutex;
  for (std::size_t t = 0; t < kThreads; t += kAtOnce) {
    std::vector<std::thread> threads;
    for (std::size_t k = 0; k < kAtOnce; ++k) {
      threads.emplace_back([&, t, k] {
        for (std::size_t i = 0; i < kEach; ++i) {
          const std::size_t seed = (t + k) * kEach + i;
          void* const block = std::malloc(size_of(seed));
          fill_pattern(block, size_of(seed), seed);
          const std::lock_guard guard{mutex};
          left.emplace_back(block, seed);
          if (left.size() > 2000) {  // somebody else's, most likely
            std::swap(left[seed % left.size()], left.back());
            const auto [other, other_seed] = left.back();
            left.pop_back();
            ASSERT_TRUE(holds_pattern(other, size_of(other_seed), other_seed));
            std::free(other);
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  for (const auto& [block, seed] : left) {
    ASSERT_TRUE(holds_pattern(block, size_of(seed), seed));
    std::free(block);
  }
}

struct Tail {
  ~Tail() {
    for (int i = 0; i < 100; ++i) std::free(std::malloc(static_cast<std::size_t>(i) * 40));
    delete text;
  }
  std::string* text = nullptr;
};

TEST_F(Threads, ThreadLocalDestructorsMayAllocateAndFree) {
  for (int i = 0; i < 200; ++i) {
    std::thread{[] {
      thread_local Tail tail;
      tail.text = new std::string(1000, 'x');
    }}.join();
  }
}

pthread_key_t g_key;
std::atomic<int> g_rounds{0};

// Every round of key destructors frees and allocates, also those after the allocator's own.
void on_key(void* value) {
  ++g_rounds;
  std::free(value);
  void* const next = std::malloc(64);
  std::memset(next, 1, 64);
  pthread_setspecific(g_key, next);
}

TEST_F(Threads, KeyDestructorsMayAllocateInEveryRound) {
  ASSERT_EQ(pthread_key_create(&g_key, &on_key), 0);
  for (int i = 0; i < 50; ++i) {
    std::thread{[] { pthread_setspecific(g_key, std::malloc(64)); }}.join();
  }
  EXPECT_GE(g_rounds, 100);
  pthread_key_delete(g_key);
}

void* churn_until_cancelled(void*) {
  for (std::size_t i = 0;; ++i) {
    void* const block = std::malloc(size_of(i));
    std::memset(block, 1, 8);
    std::free(block);
    if (i % 16 == 0) pthread_testcancel();
  }
}

TEST_F(Threads, CancelledThreadsLeaveTheHeapWhole) {
  for (int i = 0; i < 300; ++i) {
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, nullptr, &churn_until_cancelled, nullptr), 0);
    if (i % 3 == 0) std::this_thread::yield();
    pthread_cancel(thread);
    void* result = nullptr;
    pthread_join(thread, &result);
    ASSERT_EQ(result, PTHREAD_CANCELED);
  }
  std::free(std::malloc(100));
}

}  // namespace
}  // namespace malloc_test
