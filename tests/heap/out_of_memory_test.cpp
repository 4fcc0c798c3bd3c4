/// What happens when the system refuses memory: from its first call on, then from its second on, until a run
/// asks for no more.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>

#include "engine/pages/backing.hpp"
#include "support/behind.hpp"
#include "support/fake_memory.hpp"
#include "support/pattern.hpp"
#include "support/sizes.hpp"

namespace cenote::test {
namespace {

struct Held {
  void* block;
  std::size_t bytes;
};

/// Enough of a block to tell it from others; whole ones are the conformance suite's affair.
std::size_t marked(std::size_t bytes) { return std::min(bytes, 4 * kKiB); }

/// Allocates, resizes and frees across all three sources of blocks. Whatever is refused, the blocks there are
/// keep their bytes.
void run_workload(Heap& heap) {
  std::vector<Held> held;
  for (int round = 0; round < 2; ++round) {
    for (const std::size_t size :
         {std::size_t{48}, 3 * kKiB, 60 * kKiB, 100 * kKiB, 900 * kKiB, 2 * kMiB, 3 * kMiB}) {
      const int count = size < 500 * kKiB ? 6 : 5;
      for (int i = 0; i < count; ++i) {
        const Result<void*> block = i % 2 == 0 ? heap.try_allocate(size) : heap.try_allocate_zeroed(1, size);
        if (!block) {
          EXPECT_EQ(block.error(), AllocError::out_of_memory);
          continue;
        }
        EXPECT_TRUE(i % 2 == 0 || is_zero(*block, marked(size)));
        fill_pattern(*block, marked(size), held.size());
        held.push_back({*block, size});
      }
    }
    for (std::size_t i = 0; i < held.size(); i += 2) {
      const std::size_t bytes = held[i].bytes * 2;
      const Result<void*> moved = heap.try_reallocate(held[i].block, bytes);
      if (!moved) continue;
      EXPECT_TRUE(holds_pattern(*moved, marked(held[i].bytes), i));
      fill_pattern(*moved, marked(bytes), i);
      held[i] = {*moved, bytes};
    }
    for (std::size_t i = 0; i < held.size(); ++i) {
      EXPECT_TRUE(holds_pattern(held[i].block, marked(held[i].bytes), i));
      EXPECT_TRUE(heap.try_deallocate(held[i].block));
    }
    held.clear();
    heap.trim();
  }
}

class HeapOutOfMemory : public testing::TestWithParam<Hardening> {};

TEST_P(HeapOutOfMemory, EveryRefusalIsAnErrorAndNothingIsLostByIt) {
  // never destroyed: what it reserves stays with the process's page heap
  static FakeMemory& memory = *new FakeMemory;
  std::size_t fired = 0;
  for (std::size_t n = 0;; ++n) {
    memory.reset();
    bool has_fired = false;
    const std::size_t used_before = g_backing.pages.used_bytes();
    {
      const Behind behind{memory};
      memory.fail_after(n);
      Heap heap{{.name = "walk", .hardening = GetParam()}};
      run_workload(heap);
      has_fired = memory.fired();
      if (GetParam() ==
          Hardening::full) {  // its freed large blocks wait until the system gives access to them again
        memory.reset();
        heap.trim();
      }
      EXPECT_EQ(heap.stats().bytes_held, 0U) << "after refusal " << n;
    }
    g_backing.pages.check_invariants();
    EXPECT_EQ(g_backing.pages.used_bytes(), used_before) << "after refusal " << n;
    if (!has_fired) break;
    ++fired;
    ASSERT_LT(n, 2000U) << "the walk does not end";
  }
  RecordProperty("refusals", static_cast<int>(fired));
  EXPECT_GT(fired, 20U) << "the workload asks the system too seldom to be a walk";
}

TEST_P(HeapOutOfMemory, AHeapServesAgainWhenTheSystemDoes) {
  static FakeMemory& memory = *new FakeMemory;
  const Behind behind{memory};
  Heap heap{{.hardening = GetParam()}};
  memory.reset();
  memory.fail_after(0);
  std::vector<void*> blocks;
  while (const Result<void*> block = heap.try_allocate(50 * kKiB)) blocks.push_back(*block);
  EXPECT_EQ(heap.try_allocate(20 * kMiB).error(), AllocError::out_of_memory);
  memory.reset();
  for (int i = 0; i < 200; ++i) blocks.push_back(heap.allocate(50 * kKiB));
  for (void* const block : blocks) heap.deallocate(block);
}

std::string name_of(const testing::TestParamInfo<Hardening>& tested) {
  constexpr std::array kNames{"trusting", "checked", "full"};
  return kNames[static_cast<std::size_t>(tested.param)];
}

INSTANTIATE_TEST_SUITE_P(Hardening, HeapOutOfMemory,
                         testing::Values(Hardening::trusting, Hardening::checked, Hardening::full), name_of);

}  // namespace
}  // namespace cenote::test
