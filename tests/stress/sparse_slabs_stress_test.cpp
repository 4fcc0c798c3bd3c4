/// Slabs become sparse, are left to the central pool, purged there, freed into by others and taken up again,
/// all at the same time.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "engine/pages/purge_schedule.hpp"
#include "stress/slots.hpp"

namespace cenote::test {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kBlocks = 3000;

/// Fills slabs, leaves one block in 64 to the others, and frees the rest in an order of its own.
bool fill_and_thin_out(Heap& heap, Slots& slots, Random& random) {
  std::vector<Mark*> blocks(kBlocks);
  const std::size_t bytes = sizeof(Mark) + random() % 1500;
  for (Mark*& block : blocks) {
    block = static_cast<Mark*>(heap.allocate(bytes));
    *block = {bytes, random()};
    fill_pattern(block + 1, bytes - sizeof(Mark), block->seed);
  }
  std::shuffle(blocks.begin(), blocks.end(), random);
  bool whole = true;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    Mark* const gone = i % 64 == 0 ? slots.exchange(random(), blocks[i]) : blocks[i];
    if (gone == nullptr) continue;
    whole = is_whole(gone) && whole;
    heap.deallocate(gone);
  }
  return whole;
}

class SparseSlabsStress : public testing::TestWithParam<Hardening> {
 protected:
  SparseSlabsStress() { purge_schedule::set_period(1); }
  ~SparseSlabsStress() override { purge_schedule::set_period(100); }

  Heap heap{{.name = "sparse", .hardening = GetParam()}};
  Slots slots;
};

TEST_P(SparseSlabsStress, LoseNoByteAndNoBlock) {
  std::atomic<bool> whole{true};
  const Deadline deadline{kStressTime};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Random random{t};
      while (!deadline.passed() && whole) {
        if (!fill_and_thin_out(heap, slots, random)) whole = false;
        if (random() % 20 == 0) heap.trim();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(slots.clear(heap));
  EXPECT_TRUE(whole) << "a block lost bytes that nobody but its owner may write";
  heap.trim();
  EXPECT_EQ(heap.stats().bytes_held, 0U);
  EXPECT_EQ(g_backing.pages.resting_bytes(), 0U);
  g_backing.pages.check_invariants();
}

INSTANTIATE_TEST_SUITE_P(Hardening, SparseSlabsStress,
                         testing::Values(Hardening::trusting, Hardening::checked, Hardening::full));

}  // namespace
}  // namespace cenote::test
