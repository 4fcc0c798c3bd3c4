/// What becomes of slabs in which few blocks are in use: their free pages go back to the system.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/geometry.hpp>
#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "support/fake_memory.hpp"
#include "support/resident.hpp"
#include "support/sizes.hpp"
#include "support/waiting.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kBlock = 256;
constexpr std::size_t kGroup = 128;
constexpr std::size_t kGroups = 1000;

class SparseSlabs : public testing::Test {
 protected:
  /// Fills 32 MB and frees all but one block of each group.
  void thin_out() {
    std::vector<void*> blocks(kGroups * kGroup);
    for (void*& block : blocks) block = std::memset(heap.allocate(kBlock), 0x5A, kBlock);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      if (i % kGroup == i / kGroup % kGroup) {
        survivors.push_back(static_cast<unsigned char*>(blocks[i]));
      } else {
        heap.deallocate(blocks[i]);
      }
    }
  }
  std::size_t resident() const {
    std::size_t bytes = 0;
    std::uintptr_t last = 0;
    for (const unsigned char* const survivor : survivors) {
      const std::uintptr_t unit = address_of(survivor) & ~(kUnitBytes - 1);
      if (unit == last) continue;
      last = unit;
      bytes += resident_bytes(reinterpret_cast<void*>(unit), reinterpret_cast<void*>(unit + kUnitBytes));
    }
    return bytes;
  }
  void expect_survivors_whole() const {
    for (const unsigned char* const survivor : survivors) {
      for (std::size_t i = 0; i < kBlock; ++i) ASSERT_EQ(survivor[i], 0x5A);
    }
  }
  /// Frees and allocates a little, so that periods pass, until `done`.
  template <class Done>
  bool work_until(Done done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{30};
    for (; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(std::chrono::milliseconds{20})) {
      for (int i = 0; i < 300; ++i) heap.deallocate(heap.allocate(64));
      heap.deallocate(heap.allocate(200 * kKiB));  // units that fall free: somebody looks at the clock
      if (done()) return true;
    }
    return false;
  }
  Heap heap{{.name = "sparse"}};
  std::vector<unsigned char*> survivors;
};

TEST_F(SparseSlabs, KeepThePagesOfSurvivorsOnlyAfterAPurge) {
  thin_out();
  const std::size_t before = resident();
  EXPECT_GT(heap.trim(), before / 2);
  // One survivor in 8 pages of 4 KiB.
  if (os::page_bytes() == 4096) {
    EXPECT_LE(resident(), kGroups * 4096 * 11 / 10);
  }
  expect_survivors_whole();
}

TEST_F(SparseSlabs, GoBackByThemselvesWhileTheProgramWorks) {
  if (os::page_bytes() != 4096) GTEST_SKIP() << "a slab has few of these pages";
  thin_out();
  EXPECT_TRUE(work_until([&] { return resident() <= kGroups * 4096 * 5 / 4; })) << resident();
  expect_survivors_whole();
}

TEST_F(SparseSlabs, OfAThreadThatIsBlockedGoBackToo) {
  if (os::page_bytes() != 4096) GTEST_SKIP() << "a slab has few of these pages";
  Latch thinned{1}, stop{1};
  std::thread other{[&] {
    thin_out();
    thinned.count_down();
    stop.wait();
  }};
  thinned.wait();
  heap.trim();
  EXPECT_LE(resident(), kGroups * 4096 * 5 / 4);
  expect_survivors_whole();
  stop.count_down();
  other.join();
}

/// Blocks of a heap that a thread has filled, which waits then, and fills and frees them once more when it is
/// let go.
class SlabsOfABlockedThread : public testing::TestWithParam<Hardening> {
 protected:
  static constexpr std::size_t kCount =
      160 * kUnitBytes / kBlock;  // whole slabs: the owner's current one comes home too

  void fill() {
    for (void*& block : blocks) block = std::memset(heap.allocate(kBlock), 0x5A, kBlock);
  }
  // The current slab's first: a heap may keep the last ones back for a while.
  void free_all() {
    for (std::size_t i = kCount; i > 0; --i) heap.deallocate(blocks[i - 1]);
  }
  /// Enough of them to find that the owner is blocked, and to purge all its slabs, some in each.
  static void let_periods_pass() {
    for (int period = 0; period < 40; ++period) purge_schedule::tick();
  }

  Heap heap{{.name = "blocked", .hardening = GetParam()}};
  std::vector<void*> blocks = std::vector<void*>(kCount);
};

TEST_P(SlabsOfABlockedThread, GoBackWhenAnotherHasFreedEveryBlock) {
  Latch filled{1}, stop{1};
  std::thread owner{[&] {
    fill();
    filled.count_down();
    stop.wait();
    fill();  // it finds its slabs empty, and uses them
    free_all();
  }};
  filled.wait();
  const auto [low, high] = std::minmax_element(blocks.begin(), blocks.end());
  const void* const first = *low;
  const void* const last = *high;
  free_all();
  let_periods_pass();
  // In a heap that fills what is freed it stays, and is looked at when it comes again: a fill that is gone
  // would be a report, and the end.
  if (GetParam() != Hardening::full) {
    EXPECT_LE(resident_bytes(first, last), kCount * kBlock / 8);
  }
  stop.count_down();
  owner.join();
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

INSTANTIATE_TEST_SUITE_P(Hardening, SlabsOfABlockedThread,
                         testing::Values(Hardening::trusting, Hardening::checked, Hardening::full));

/// Units whose blocks a heap with states has freed, which a heap without them then uses and returns purged.
TEST(StatesOfUnits, DoNotOutliveATrustingHeapThatUsedTheUnits) {
  constexpr std::size_t kCount = 160 * kUnitBytes / kBlock;
  std::vector<void*> blocks(kCount);
  const auto fill = [&](Heap& heap) {
    for (void*& block : blocks) block = std::memset(heap.allocate(kBlock), 0x5A, kBlock);
  };
  const auto free_all = [&](Heap& heap) {
    for (std::size_t i = kCount; i > 0; --i) heap.deallocate(blocks[i - 1]);
  };
  {
    Heap full{{.hardening = Hardening::full}};
    fill(full);
    free_all(full);
  }
  {
    Heap trusting{{.hardening = Hardening::trusting}};
    Latch filled{1}, stop{1};
    std::thread owner{[&] {
      fill(trusting);
      filled.count_down();
      stop.wait();
    }};
    filled.wait();
    free_all(trusting);
    for (int period = 0; period < 40; ++period)
      purge_schedule::tick();  // purges the slabs of the blocked owner
    stop.count_down();
    owner.join();
  }
  Heap full{{.hardening = Hardening::full}};
  fill(full);  // a block that counts as freed before would be a write after free, and the end of the program
  free_all(full);
}

TEST_F(SparseSlabs, AreUsedAgainBeforeFreshMemory) {
  thin_out();
  heap.trim();
  const std::size_t held = heap.stats().bytes_held;
  for (std::size_t i = 0; i < kGroups * (kGroup - 1) * 9 / 10; ++i)
    std::memset(heap.allocate(kBlock), 1, kBlock);
  EXPECT_LE(heap.stats().bytes_held, held + 512 * kKiB);
  expect_survivors_whole();
}

TEST_F(SparseSlabs, AreGivenUpWhenTheirLastBlocksAreFreed) {
  thin_out();
  heap.trim();
  for (unsigned char* const survivor : survivors) heap.deallocate(survivor);
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
}

TEST_F(SparseSlabs, ServeZeroedBlocksThatAreZero) {
  thin_out();
  heap.trim();
  for (std::size_t i = 0; i < kGroups * kGroup / 2; ++i) {
    const auto* const block = static_cast<unsigned char*>(*heap.try_allocate_zeroed(1, kBlock));
    for (std::size_t at = 0; at < kBlock; ++at) ASSERT_EQ(block[at], 0);
    std::memset(const_cast<unsigned char*>(block), 0xFF, kBlock);
  }
}

TEST_F(SparseSlabs, LoseNothingWhenTheSystemRefusesAtTheNthCall) {
  thin_out();
  FakeMemory memory;
  os::Memory& system = g_backing.pages.exchange_memory(memory);
  std::size_t n = 0;
  for (bool fired = true; fired; n = n * 3 / 2 + 1) {
    memory.reset();
    memory.fail_after(n);
    heap.trim();
    fired = memory.fired();
    expect_survivors_whole();
    std::vector<void*> more;
    for (int i = 0; i < 2000; ++i) {
      if (const Result<void*> block = heap.try_allocate(kBlock))
        more.push_back(std::memset(*block, 1, kBlock));
    }
    for (void* const block : more) heap.deallocate(block);
  }
  memory.reset();
  EXPECT_GT(n, 1U);
  heap.trim();
  for (unsigned char* const survivor : survivors) heap.deallocate(survivor);
  survivors.clear();
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
  g_backing.pages.check_invariants();
  g_backing.pages.exchange_memory(system);
}

TEST(SparseSlabsOfAHardenedHeap, KeepWhatTheyAreFilledWith) {
  Heap heap{{.name = "full", .hardening = Hardening::full}};
  std::vector<void*> blocks(4000);
  for (void*& block : blocks) block = heap.allocate(kBlock);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % kGroup != 0) heap.deallocate(blocks[i]);
  }
  heap.trim();
  // A block that comes again is looked at: a fill that is gone would be a report, and the end.
  for (std::size_t i = 0; i < 4000; ++i) EXPECT_NE(heap.allocate(kBlock), nullptr);
}

}  // namespace
}  // namespace cenote::test
