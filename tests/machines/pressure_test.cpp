/// A program in a control group that kills: with a monitor it lives, since caches and free memory go first.
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pressure_monitor.hpp>

#include "machines/emulated.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr PressureOptions kQuick{.window_ms = 500, .poll_ms = 5};

enum class Watched : bool { no, yes };

/// What a program keeps to be faster, and can have again.
class Cache {
 public:
  void add(std::size_t bytes) {
    const std::lock_guard guard{mutex_};
    blocks_.push_back(Heap::process().allocate(bytes));
    std::memset(blocks_.back(), 1, bytes);
  }
  static std::size_t drop(const Pressure&, void* self) noexcept {
    auto& cache = *static_cast<Cache*>(self);
    const std::lock_guard guard{cache.mutex_};
    std::size_t bytes = 0;
    for (void* const block : cache.blocks_) {
      bytes += Heap::process().usable_size(block);
      Heap::process().deallocate(block);
    }
    cache.blocks_.clear();
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::vector<void*> blocks_;
};

void print(const PressureStats& stats) {
  std::printf("stalls %llu, reactions %llu, callbacks %llu, dropped %llu KiB, purged %llu KiB\n",
              static_cast<unsigned long long>(stats.stalls), static_cast<unsigned long long>(stats.reactions),
              static_cast<unsigned long long>(stats.callbacks),
              static_cast<unsigned long long>(stats.bytes_dropped >> 10),
              static_cast<unsigned long long>(stats.bytes_purged >> 10));
}

// A quarter of a GiB goes through a cache that nobody bounds: a MiB each 5 ms.
bool fill_cache(Watched watched) {
  Cache cache;
  std::optional<PressureMonitor> monitor;
  std::optional<PressureRegistration> registration;
  if (watched == Watched::yes) {
    monitor.emplace(kQuick);
    registration.emplace(*monitor, 1, &Cache::drop, &cache);
  }
  for (int i = 0; i < 256; ++i) {
    for (int part = 0; part < 16; ++part) cache.add(kMiB / 16);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  if (!monitor) return true;
  print(monitor->stats());
  return monitor->stats().callbacks > 0 && monitor->stats().bytes_dropped > 64 * kMiB;
}

// The same as fast as it can: only memory.high, which slows it down, gives the monitor time.
bool fill_cache_fast(Watched watched) {
  Cache cache;
  std::optional<PressureMonitor> monitor;
  std::optional<PressureRegistration> registration;
  if (watched == Watched::yes) {
    monitor.emplace(kQuick);
    registration.emplace(*monitor, 1, &Cache::drop, &cache);
  }
  for (std::size_t bytes = 0; bytes < 256 * kMiB; bytes += kMiB / 16) cache.add(kMiB / 16);
  if (!monitor) return true;
  print(monitor->stats());
  return monitor->stats().callbacks > 0;
}

// 40 MiB free where these calls had them, then as much from elsewhere.
template <class Allocate, class Free>
void need_what_is_kept(Allocate allocate, Free free, std::chrono::milliseconds pause) {
  std::vector<void*> blocks(80);
  for (void*& block : blocks) {
    block = allocate(kMiB / 2);
    std::memset(block, 1, kMiB / 2);
  }
  for (void* const block : blocks) free(block);
  for (int i = 0; i < 40; ++i) {
    void* const memory = ::mmap(nullptr, kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(memory, 1, kMiB);
    std::this_thread::sleep_for(pause);
  }
}

bool need_what_heaps_keep(Watched watched) {
  std::optional<PressureMonitor> monitor;
  if (watched == Watched::yes) monitor.emplace(kQuick);
  need_what_is_kept([](std::size_t bytes) { return Heap::process().allocate(bytes); },
                    [](void* block) { Heap::process().deallocate(block); }, std::chrono::milliseconds{5});
  if (!monitor) return true;
  print(monitor->stats());
  return monitor->stats().bytes_purged >= 30 * kMiB;
}

// This program's test of malloc, on the malloc replacement.
bool run_preloaded(Watched watched) {
  ::setenv("LD_PRELOAD", ::getenv("CENOTE_MALLOC"), 1);
  const std::string keep = "scavenger=off:purge_delay_ms=3600000:pressure=";
  ::setenv("CENOTE_OPTIONS", (keep + (watched == Watched::yes ? "on" : "off")).c_str(), 1);
  ::execl("/proc/self/exe", "preloaded", "--gtest_filter=PreloadedShortMemory.*", "--gtest_brief=1", nullptr);
  return false;
}

// Held above memory.high the kernel lets it wait, and nothing is below any watermark of ours.
bool hear_stalls(Watched) {
  PressureMonitor monitor{{.stall_ms = 50, .window_ms = 500, .poll_ms = 10'000}};
  if (!monitor.stats().hears_stalls) return false;
  std::vector<char*> kept;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (monitor.stats().stalls == 0 && std::chrono::steady_clock::now() < end) {
    if (kept.size() < 44) kept.push_back(new char[kMiB]);
    std::memset(kept.back(), 1, kMiB);
  }
  print(monitor.stats());
  return monitor.stats().stalls > 0;
}

class ShortMemory : public Emulated {
 protected:
  void SetUp() override {
    Emulated::SetUp();
    if (IsSkipped()) return;
    ASSERT_TRUE(tell("/sys/fs/cgroup/cgroup.subtree_control", "+memory"));
    ASSERT_EQ(::mkdir(kGroup.c_str(), 0755), 0);
    ASSERT_TRUE(tell(kGroup + "/memory.max", "64M"));
  }
  void TearDown() override {
    if (IsSkipped()) return;
    EXPECT_EQ(::rmdir(kGroup.c_str()), 0);
  }

  /// The status of a process in the group that does this.
  static int run(bool (*body)(Watched), Watched watched) {
    const pid_t child = ::fork();
    if (child == 0) {
      const bool good = tell(kGroup + "/cgroup.procs", "0") && body(watched);
      std::fflush(stdout);
      ::_exit(good ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return status;
  }
  static bool is_killed(int status) { return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL; }

  static inline const std::string kGroup = "/sys/fs/cgroup/short";
};

TEST_F(ShortMemory, ACacheThatGrowsKillsUnlessItIsDropped) {
  EXPECT_TRUE(is_killed(run(&fill_cache, Watched::no)));
  EXPECT_EQ(run(&fill_cache, Watched::yes), 0);
}

TEST_F(ShortMemory, WhatHeapsKeepKillsUnlessItIsGivenBack) {
  EXPECT_TRUE(is_killed(run(&need_what_heaps_keep, Watched::no)));
  EXPECT_EQ(run(&need_what_heaps_keep, Watched::yes), 0);
}

TEST_F(ShortMemory, WhatMallocKeepsKillsUnlessItIsGivenBack) {
  if (::getenv("CENOTE_MALLOC") == nullptr) GTEST_SKIP() << "there is no malloc replacement here";
  EXPECT_TRUE(is_killed(run(&run_preloaded, Watched::no)));
  EXPECT_EQ(run(&run_preloaded, Watched::yes), 0);
}

TEST(PreloadedShortMemory, NeedsWhatMallocKeeps) {
  if (::getenv("LD_PRELOAD") == nullptr) GTEST_SKIP() << "run by WhatMallocKeepsKillsUnlessItIsGivenBack";
  need_what_is_kept(&std::malloc, &std::free, std::chrono::milliseconds{40});
}

TEST_F(ShortMemory, AHighMarkBelowTheLimitGivesTimeToAProgramThatGrowsFast) {
  ASSERT_TRUE(tell(kGroup + "/memory.high", "40M"));
  EXPECT_EQ(run(&fill_cache_fast, Watched::yes), 0);
}

TEST_F(ShortMemory, StallsAreSignalled) {
  ASSERT_TRUE(tell(kGroup + "/memory.high", "32M"));
  EXPECT_EQ(run(&hear_stalls, Watched::yes), 0);
}

}  // namespace
}  // namespace cenote::test
