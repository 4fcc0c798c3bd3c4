// Threads that fill an arena side by side, come and go, and start over after each reset: every block carries
// its thread's mark, and a watcher reads all the time how much is in use.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/arena.hpp>
#include <cenote/buddy_allocator.hpp>
#include <cenote/concurrent_arena.hpp>

#include "stress/slots.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

struct Written {
  void* block;
  std::size_t size;
  std::uint64_t seed;
};

/// Fills blocks of the arena until it has enough or the arena has no more; whether all of them are whole in
/// the end.
bool fill(ConcurrentArena& arena, Random& random, std::size_t blocks) {
  std::vector<Written> written;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t size = random() % (random() % 64 == 0 ? 20'000 : 300) + 1;
    const Result<void*> block = arena.try_allocate(size, std::size_t{1} << random() % 8);
    if (!block) break;
    written.push_back({*block, size, random()});
    fill_pattern(*block, size, written.back().seed);
  }
  return std::all_of(written.begin(), written.end(),
                     [](const Written& w) { return holds_pattern(w.block, w.size, w.seed); });
}

class ConcurrentArenaStress {
 public:
  explicit ConcurrentArenaStress(ConcurrentArena& arena) : arena_{arena} {}

  /// The same threads through many resets.
  void run_staying(std::ptrdiff_t threads) {
    const Deadline deadline{kStressTime};
    bool ended = false;
    Barrier done{threads, [&]() noexcept { next_round(ended = deadline.passed()); }};
    std::vector<std::thread> workers;
    for (std::ptrdiff_t i = 0; i < threads; ++i) {
      workers.emplace_back([&, i] {
        Random random{static_cast<std::uint64_t>(i)};
        while (!ended) {
          if (!fill(arena_, random, 200)) ++damaged_;
          done.arrive_and_wait();
        }
      });
    }
    watch_until([&] { return deadline.passed(); });
    for (std::thread& worker : workers) worker.join();
  }

  /// Threads that end after a few blocks, others begin, and nothing is reset.
  void run_passing(std::size_t threads) {
    const Deadline deadline{kStressTime};
    for (std::uint64_t round = 0; !deadline.passed(); ++round) {
      std::vector<std::thread> workers;
      for (std::size_t i = 0; i < threads; ++i) {
        workers.emplace_back([this, seed = round * threads + i] {
          Random random{seed};
          if (!fill(arena_, random, 20)) ++damaged_;
        });
      }
      for (std::thread& worker : workers) worker.join();
      if (round % 16 == 15) next_round(false);
    }
  }

  std::size_t damaged() const { return damaged_; }
  std::size_t rounds() const { return rounds_; }

 private:
  void next_round(bool) noexcept {
    ++rounds_;
    arena_.reset(rounds_ % 8 == 0 ? Scrub::zero : Scrub::none);
    if (rounds_ % 32 == 0) arena_.trim();
  }
  template <class Ended>
  void watch_until(Ended ended) {
    while (!ended()) {
      if (arena_.used() > kGiB) ++damaged_;  // torn: no round uses nearly as much
      std::this_thread::yield();
    }
  }
  static constexpr std::size_t kGiB = std::size_t{1} << 30;

  ConcurrentArena& arena_;
  std::atomic<std::size_t> damaged_{0};
  std::size_t rounds_ = 0;  // between rounds only
};

TEST(ArenaStress, ThreadsFillOneSideBySideThroughManyResets) {
  ConcurrentArena arena{{.chunk_bytes = 4096}};
  ConcurrentArenaStress stress{arena};
  stress.run_staying(4);
  EXPECT_EQ(stress.damaged(), 0U);
  EXPECT_GT(stress.rounds(), 3U);
}

TEST(ArenaStress, ALimitAndAPoolUnderneathHold) {
  BuddyAllocator buddies{{.bytes = 4 * kMiB}};
  {
    ConcurrentArena arena{{.chunk_bytes = 4096, .limit_bytes = 200 * kKiB}, buddies};
    ConcurrentArenaStress stress{arena};
    stress.run_staying(6);
    EXPECT_EQ(stress.damaged(), 0U);
    EXPECT_LE(arena.stats().peak_used, 200 * kKiB);
    EXPECT_GT(arena.stats().failures, 0U) << "never at its limit: not what is to be tested";
  }
  EXPECT_EQ(buddies.largest_free(), 4 * kMiB);
}

TEST(ArenaStress, ThreadsThatComeAndGoTakeLanesOver) {
  ConcurrentArena arena{{.chunk_bytes = 4096}};
  ConcurrentArenaStress stress{arena};
  stress.run_passing(3);
  EXPECT_EQ(stress.damaged(), 0U);
}

TEST(ArenaStress, ArenasBeginAndEndOnManyThreadsAndReferencesTell) {
  const Deadline deadline{kStressTime};
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> workers;
  for (std::size_t t = 0; t < 4; ++t) {
    workers.emplace_back([&] {
      std::vector<ArenaRef<int>> dead;
      while (!deadline.passed()) {
        Arena first, second;
        const ArenaRef<int> a = first.ref(first.make<int>(1)), b = second.ref(second.make<int>(2));
        if (a.get() == nullptr || b.get() == nullptr) ++wrong;
        for (const ArenaRef<int>& ref : dead) wrong += ref ? 1 : 0;
        dead.push_back(a);
        if (dead.size() > 100) dead.clear();
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace cenote::test
