/// Threads at random on one heap and on many; every block carries a pattern that only its own writer could
/// have made.
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "stress/slots.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kThreads = 4;

class HeapStress : public testing::TestWithParam<Hardening> {
 protected:
  static Heap make() { return Heap{{.name = "stress", .hardening = GetParam()}}; }

  void expect_whole() { EXPECT_TRUE(whole) << "a block lost bytes that nobody but its owner may write"; }

  Slots slots;
  std::atomic<bool> whole{true};
};

TEST_P(HeapStress, ThreadsFreeEachOthersBlocks) {
  Heap heap = make();
  const Deadline deadline{kStressTime};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      while (!deadline.passed() && whole) {
        for (int i = 0; i < 100; ++i) {
          if (!step(heap, slots, random)) whole = false;
        }
        if (random() % 200 == 0) heap.trim();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(slots.clear(heap));
  heap.trim();
  expect_whole();
  EXPECT_EQ(heap.stats().thread_caches, 1U) << "caches of ended threads";
}

TEST_P(HeapStress, BlocksOfEndedThreadsAreFreedByThoseThatCome) {
  Heap heap = make();
  const Deadline deadline{kStressTime};
  for (std::uint64_t round = 0; !deadline.passed() && whole; ++round) {
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        Random random{round * kThreads + t};
        for (int i = 0; i < 300; ++i) {
          if (!step(heap, slots, random)) whole = false;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(slots.clear(heap));
  expect_whole();
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U) << "slabs of ended threads that never came home";
}

TEST_P(HeapStress, ThreadsThatStayFreeBlocksOfThreadsThatEnd) {
  Heap heap = make();
  std::atomic<bool> stop{false};
  std::vector<std::thread> stay;
  for (std::size_t t = 0; t < 2; ++t) {
    stay.emplace_back([&, t] {
      Random random{t};
      while (!stop) {
        Mark* const found = slots.exchange(random(), nullptr);
        if (found == nullptr) continue;
        if (!is_whole(found)) whole = false;
        heap.deallocate(found);
      }
    });
  }
  const Deadline deadline{kStressTime};
  for (std::uint64_t round = 0; !deadline.passed(); ++round) {
    std::thread{[&] {
      Random random{round};
      for (int i = 0; i < 60; ++i) {
        if (Mark* const found = slots.exchange(random(), allocate_marked(heap, random)))
          heap.deallocate(found);
      }
    }}.join();
  }
  stop = true;
  for (std::thread& thread : stay) thread.join();
  EXPECT_TRUE(slots.clear(heap));
  expect_whole();
}

TEST_P(HeapStress, HeapsDieWhileTheirThreadsLiveOn) {
  const Deadline deadline{kStressTime};
  std::optional<Heap> heap{make()};
  bool done = false;
  Barrier meeting{static_cast<std::ptrdiff_t>(kThreads), [&]() noexcept {
                    for (std::size_t i = 0; i < 509; ++i)
                      slots.exchange(i, nullptr);  // they die with the heap
                    done = deadline.passed();
                    heap.emplace(make());
                  }};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      while (!done) {
        for (int i = 0; i < 150; ++i) {
          if (!step(*heap, slots, random)) whole = false;
        }
        meeting.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  expect_whole();
  heap.reset();
  g_backing.pages.check_invariants();
}

TEST_P(HeapStress, EachThreadMakesAndEndsHeapsOfItsOwn) {
  Heap shared = make();
  const Deadline deadline{kStressTime};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      while (!deadline.passed() && whole) {
        Heap own = make();
        Slots own_slots;
        for (int i = 0; i < 200; ++i) {
          if (!step(own, own_slots, random) || !step(shared, slots, random)) whole = false;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(slots.clear(shared));
  expect_whole();
}

std::string name_of(const testing::TestParamInfo<Hardening>& tested) {
  constexpr std::array kNames{"trusting", "checked", "full"};
  return kNames[static_cast<std::size_t>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(Hardening, HeapStress,
                         testing::Values(Hardening::trusting, Hardening::checked, Hardening::full), name_of);

}  // namespace
}  // namespace cenote::test
