#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/heap_profile.hpp>
#include <cenote/pool_manager.hpp>

#include "profile/profiled.hpp"

// Not in the namespace cenote, whose functions a profile leaves out where they are innermost.
namespace site {

[[gnu::noinline]] void* here(cenote::Heap& heap, std::size_t bytes) {
  void* const block = heap.allocate(bytes);
  asm volatile("" : : "r"(block) : "memory");  // no tail call: this frame stays
  return block;
}

[[gnu::noinline]] void* there(cenote::Heap& heap, std::size_t bytes) {
  void* const block = here(heap, bytes);
  asm volatile("" : : "r"(block) : "memory");
  return block;
}

}  // namespace site

namespace cenote {
namespace {

constexpr std::array<std::size_t, 9> kSizes{1, 16, 100, 1000, 5000, 30'000, 65'536, 200'000, 3'000'000};

bool has_function(const pprof::Sample& sample, std::size_t depth, const std::string& part) {
  return sample.functions.size() > depth && sample.functions[depth].find(part) != std::string::npos;
}

TEST(HeapProfile, SaysWhereItCannotWork) {
  const char* const problem = profile::start();
  EXPECT_EQ(problem == nullptr, os::kHasCallStacks);
  profile::stop();
  EXPECT_NE(profile::start({.rate_bytes = 0}), nullptr);
}

TEST(HeapProfile, AtRateOneIsExact) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "exact"}};
  const Profiled profiled{1};
  std::vector<void*> blocks;
  std::size_t bytes = 0;
  for (int round = 0; round < 50; ++round) {
    for (const std::size_t size : kSizes) {
      blocks.push_back(heap.allocate(size));
      std::memset(blocks.back(), 0x5a, std::min<std::size_t>(size, 4096));
      bytes += size;
    }
  }
  EXPECT_EQ(Profiled::of_pool("exact", "inuse_objects"), blocks.size());
  EXPECT_EQ(Profiled::of_pool("exact", "inuse_space"), bytes);
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_EQ(Profiled::of_pool("exact", "inuse_objects"), 0U);
  EXPECT_EQ(Profiled::of_pool("exact", "inuse_space"), 0U);
  EXPECT_EQ(Profiled::of_pool("exact", "alloc_objects"), blocks.size());
  EXPECT_EQ(Profiled::of_pool("exact", "alloc_space"), bytes);
}

TEST(HeapProfile, NamesTheCallerFirst) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "callers"}};
  const Profiled profiled{1};
  void* const block = site::there(heap, 1234);
  const pprof::Profile profile = Profiled::read();
  EXPECT_EQ(profile.sum("inuse_space",
                        [](const pprof::Sample& s) {
                          return has_function(s, 0, "4site4here") && has_function(s, 1, "4site5there");
                        }),
            1234U);
  EXPECT_EQ(profile.default_type, "inuse_space");
  EXPECT_EQ(profile.period, 1U);
  EXPECT_NE(std::ranges::find_if(profile.mappings,
                                 [](const std::string& path) { return path.ends_with("profile_tests"); }),
            profile.mappings.end());
  heap.deallocate(block);
}

// The estimate of n blocks has a variance of n (1 - p) / p: four times its root is left out once in 15,000
// runs, and seeds are fixed.
TEST(HeapProfile, EstimatesAreUnbiasedForMixedSizes) {
  CENOTE_NEEDS_PROFILES();
  constexpr double kRate = 8192;
  Heap heap{{.name = "mixed", .hardening = Hardening::trusting}};
  const Profiled profiled{8192, 99};
  double blocks = 0, bytes = 0, variance_blocks = 0, variance_bytes = 0;
  std::vector<void*> held;
  for (int round = 0; round < 60'000; ++round) {
    for (const std::size_t size : {24U, 200U, 1500U, 9'000U}) {
      if (round % (size > 1000 ? 16 : 1) != 0) continue;
      held.push_back(heap.allocate(size));
      const auto real = static_cast<double>(heap.usable_size(held.back()));
      const double chance = -std::expm1(-real / kRate), asked = static_cast<double>(size);
      ++blocks;
      bytes += asked;
      variance_blocks += (1 - chance) / chance;
      variance_bytes += asked * asked * (1 - chance) / chance;
      if (held.size() > 1000) {  // freed here and there: lists and slabs are used again
        std::swap(held[static_cast<std::size_t>(round * 7919) % held.size()], held.back());
        heap.deallocate(held.back());
        held.pop_back();
      }
    }
  }
  const auto estimate = [](const char* value) {
    return static_cast<double>(Profiled::of_pool("mixed", value));
  };
  EXPECT_NEAR(estimate("alloc_objects"), blocks, 4 * std::sqrt(variance_blocks));
  EXPECT_NEAR(estimate("alloc_space"), bytes, 4 * std::sqrt(variance_bytes));
  for (void* const block : held) heap.deallocate(block);
  EXPECT_EQ(estimate("inuse_objects"), 0);
}

// The mean of many short runs: what a bias at the start or the end of lists would show in.
TEST(HeapProfile, ShortRunsAreUnbiasedInTheMean) {
  CENOTE_NEEDS_PROFILES();
  const Profiled profiled{4096, 5};
  constexpr double kBlocks = 400 * 150, kChance = 0.0307667655;  // 1 - exp(-128 / 4096)
  for (int run = 0; run < 400; ++run) {
    Heap heap{{.name = "short"}};
    for (int i = 0; i < 150; ++i) heap.deallocate(heap.allocate(128));
  }
  EXPECT_NEAR(static_cast<double>(Profiled::of_pool("short", "alloc_objects")), kBlocks,
              4 * std::sqrt(kBlocks * (1 - kChance) / kChance));
}

TEST(HeapProfile, SeesFreesOfOtherThreadsAndOfThreadsThatEnd) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "threads"}};
  const Profiled profiled{1};
  std::vector<void*> blocks;
  std::thread{[&] {
    for (int i = 0; i < 5000; ++i) blocks.push_back(heap.allocate(64));
  }}.join();
  EXPECT_EQ(Profiled::of_pool("threads", "inuse_objects"), 5000U);
  std::array<std::thread, 4> threads;
  for (std::size_t t = 0; t < threads.size(); ++t) {
    threads[t] = std::thread{[&, t] {
      for (std::size_t i = t; i < blocks.size(); i += threads.size()) heap.deallocate(blocks[i]);
    }};
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Profiled::of_pool("threads", "inuse_objects"), 0U);
}

TEST(HeapProfile, ManyThreadsAtOnceKeepTheCount) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "crowd"}};
  const Profiled profiled{64};
  std::array<std::thread, 4> threads;
  for (std::thread& thread : threads) {
    thread = std::thread{[&] {
      std::vector<void*> mine;
      for (std::size_t i = 0; i < 20'000; ++i) {
        mine.push_back(heap.allocate(kSizes[i % 6]));
        if (i % 3 == 0) heap.deallocate(mine.back()), mine.pop_back();
      }
      for (void* const block : mine) heap.deallocate(block);
    }};
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Profiled::of_pool("crowd", "inuse_objects"), 0U);
  EXPECT_GT(Profiled::of_pool("crowd", "alloc_objects"), 75'000U);
}

TEST(HeapProfile, FollowsReallocInPlaceAndElsewhere) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "realloc"}};
  const Profiled profiled{1};
  void* block = heap.allocate(100);
  for (const std::size_t size : {101U, 112U, 5000U, 70'000U, 300'000U, 900'000U, 2'000'000U, 2'100'000U,
                                 40'000'000U, 1'500'000U, 50U}) {
    block = heap.reallocate(block, size);
    EXPECT_EQ(Profiled::of_pool("realloc", "inuse_space"), size);
    EXPECT_EQ(Profiled::of_pool("realloc", "inuse_objects"), 1U);
  }
  heap.deallocate(block);
  EXPECT_EQ(Profiled::of_pool("realloc", "inuse_space"), 0U);
}

TEST(HeapProfile, FollowsAlignedZeroedAndSizedCalls) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "calls"}};
  const Profiled profiled{1};
  for (const std::size_t alignment : {16U, 64U, 4096U, 65'536U, 1U << 21}) {
    void* const block = heap.allocate(3000, alignment);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
    EXPECT_EQ(Profiled::of_pool("calls", "inuse_space"), 3000U) << alignment;
    heap.deallocate(block, 3000);
  }
  for (const std::size_t size : {24U, 4000U, 100'000U}) {
    for (int round = 0; round < 50; ++round) {
      auto* const zeroed = static_cast<unsigned char*>(*heap.try_allocate_zeroed(1, size));
      for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(zeroed[i], 0U);
      std::memset(zeroed, 0xff, size);
      heap.deallocate(zeroed);
    }
  }
  EXPECT_EQ(Profiled::of_pool("calls", "inuse_space"), 0U);
}

class HeapProfileTiers : public ::testing::TestWithParam<Hardening> {};

TEST_P(HeapProfileTiers, FreesAndWrongFreesAreSeenInEveryTier) {
  CENOTE_NEEDS_PROFILES();
  const std::string name = "tier" + std::to_string(static_cast<int>(GetParam()));
  Heap heap{{.name = name, .hardening = GetParam()}};
  const Profiled profiled{1};
  std::vector<void*> blocks;
  for (int round = 0; round < 300; ++round) {
    for (const std::size_t size : kSizes) blocks.push_back(heap.allocate(size));
    EXPECT_EQ(heap.usable_size(blocks.back()) >= kSizes.back(), true);
    if (GetParam() != Hardening::trusting && round == 5) {
      void* const freed = blocks.front();
      heap.deallocate(freed);
      EXPECT_EQ(heap.try_deallocate(freed).error(), AllocError::double_free);
      blocks.front() = heap.allocate(kSizes.front());
    }
    while (blocks.size() > 20) {
      heap.deallocate(blocks.back());
      blocks.pop_back();
    }
  }
  EXPECT_EQ(Profiled::of_pool(name, "inuse_objects"), blocks.size());
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_EQ(Profiled::of_pool(name, "inuse_objects"), 0U);
}
INSTANTIATE_TEST_SUITE_P(All, HeapProfileTiers,
                         ::testing::Values(Hardening::trusting, Hardening::checked, Hardening::full));

TEST(HeapProfile, AHeapTakesItsBlocksWithIt) {
  CENOTE_NEEDS_PROFILES();
  const Profiled profiled{1};
  for (int round = 0; round < 3; ++round) {
    Heap heap{{.name = "mortal"}};
    for (int i = 0; i < 1000; ++i)
      static_cast<void>(heap.allocate(kSizes[static_cast<std::size_t>(i) % kSizes.size()]));
    EXPECT_EQ(Profiled::of_pool("mortal", "inuse_objects"), 1000U);
  }
  EXPECT_EQ(Profiled::of_pool("mortal", "inuse_objects"), 0U);
  EXPECT_EQ(Profiled::of_pool("mortal", "alloc_objects"), 3000U);
}

TEST(HeapProfile, FreesAfterTheEndOfTheProfileAreSeen) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "stopped"}};
  std::array<void*, 100> blocks;
  {
    const Profiled profiled{1};
    for (void*& block : blocks) block = heap.allocate(64);
  }
  heap.deallocate(heap.allocate(64));
  EXPECT_EQ(Profiled::of_pool("stopped", "inuse_objects"), blocks.size());
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_EQ(Profiled::of_pool("stopped", "inuse_objects"), 0U);
}

TEST(HeapProfile, RemembersThePeakAndLifetimes) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "peak"}};
  const Profiled profiled{1};
  std::array<void*, 1000> blocks;
  for (void*& block : blocks)
    block = heap.allocate(500'000);  // more than any test before: addresses, hardly memory
  std::this_thread::sleep_for(std::chrono::milliseconds{30});
  for (void* const block : blocks) heap.deallocate(block);
  EXPECT_NEAR(static_cast<double>(Profiled::of_pool("peak", "peak_space")), 500e6, 25e6);
  EXPECT_GE(Profiled::of_pool("peak", "lifetime"), 1000U * 20);
  EXPECT_EQ(Profiled::of_pool("peak", "inuse_space"), 0U);
}

TEST(HeapProfile, TagsNest) {
  CENOTE_NEEDS_PROFILES();
  Heap heap{{.name = "tags"}};
  const Profiled profiled{1};
  const auto tagged = [](const std::string& tag) {
    return Profiled::read().sum("alloc_space", [&](const pprof::Sample& sample) {
      const auto found = sample.labels.find("tag");
      return sample.labels.at("pool") == "tags" && (found == sample.labels.end() ? "" : found->second) == tag;
    });
  };
  const auto take = [&](std::size_t bytes) { heap.deallocate(heap.allocate(bytes)); };
  take(100);
  {
    const Tag parser{"parser"};
    take(200);
    {
      std::string name{"lexer"};
      const Tag lexer{name};
      name = "gone!";
      take(300);
      std::thread{[&] { take(1000); }}.join();  // a tag is its thread's
    }
    take(400);
  }
  take(500);
  EXPECT_EQ(tagged(""), 1600U);
  EXPECT_EQ(tagged("parser"), 600U);
  EXPECT_EQ(tagged("lexer"), 300U);
}

TEST(HeapProfile, AManagersBlocksAreItsHeaps) {
  CENOTE_NEEDS_PROFILES();
  PoolManager manager{{.name = "managed"}};
  const Profiled profiled{1};
  const Block block = manager.allocate_fixed(1000);
  EXPECT_GE(profile::totals().live.bytes, 1000U);
  manager.deallocate(block);
}

TEST(HeapProfile, WriteSaysWhatIsWrong) {
  CENOTE_NEEDS_PROFILES();
  const Profiled profiled{1};
  EXPECT_STREQ(profile::write("/nowhere/heap.pb"), "the file cannot be written");
  EXPECT_STREQ(profile::write(std::string(5000, 'x').c_str()), "the path is too long");
}

}  // namespace
}  // namespace cenote
