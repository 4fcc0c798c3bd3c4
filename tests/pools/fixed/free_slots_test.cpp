/// The list of free slots alone: its order, its counts, and what they do after four thousand million slots.
#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/free_slots.hpp>
#include <cenote/detail/slot_plan.hpp>
#include <cenote/detail/slot_space.hpp>
#include <cenote/detail/system.hpp>

#include "support/fake_memory.hpp"

namespace cenote::test {
namespace {

/// A space of slots without a pool.
class Space {
 public:
  explicit Space(std::size_t capacity)
      : options_{.capacity = capacity},
        plan_{plan_slots(options_, {.block_bytes = 16,
                                    .natural_alignment = 16,
                                    .core_bytes = 64,
                                    .entry_bytes = 8,
                                    .state_bytes = 0})
                  .plan},
        region_{memory_.reserve(plan_.bytes, std::max(plan_.alignment, os::page_bytes()))},
        space{plan_, region_, memory_, options_} {
    EXPECT_TRUE(space.open());
  }

 private:
  FakeMemory memory_;  // releases the region
  PoolOptions options_;
  SlotPlan plan_;
  os::Region region_;

 public:
  SlotSpace space;
};

template <Members kMembers>
void fill(FreeSlots<kMembers>& slots, FreeCell<kMembers>* cells, std::size_t count) {
  while (slots.size() < count) {
    std::vector<SlotIndex> out;
    while (slots.size() != 0) {
      if (slots.at_floor()) slots.lower_floor();
      out.push_back(slots.take(cells));
    }
    ASSERT_TRUE(slots.refill(cells));
    for (const SlotIndex slot : out) slots.put(cells, slot);
  }
}

TEST(FreeSlots, CountsMoreThan32BitsOfTakenSlots) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "one thread, and too slow under ThreadSanitizer";
#endif
  constexpr SlotIndex kSlots = 4096;
  Space of{kSlots};
  FreeStack stack{of.space};
  std::vector<FreeStack::Cell> cells(kSlots);
  std::vector<SlotIndex> slots(kSlots);
  fill(stack, cells.data(), kSlots);
  const std::uint64_t before = stack.taken();
  constexpr std::uint64_t kRounds = (std::uint64_t{1} << 32) / kSlots + 1000;
  for (std::uint64_t i = 1; i <= kRounds; ++i) {
    stack.take_many(cells.data(), slots.data(), kSlots);
    ASSERT_EQ(stack.taken(), before + i * kSlots);
    stack.put_many(cells.data(), slots.data(), kSlots);
    ASSERT_EQ(stack.size(), kSlots);
  }
  EXPECT_GT(stack.taken(), std::uint64_t{1} << 32);
  EXPECT_EQ(stack.out(), 0U);
}

TEST(FreeSlots, ASetKnowsItsMembersWhateverTheCellsHold) {
  constexpr SlotIndex kSlots = 300;
  Space of{kSlots};
  FreeSet set{of.space};
  std::vector<FreeSet::Cell> cells(kSlots, {.entry = 7, .position = 3});  // as left by another
  fill(set, cells.data(), kSlots);
  std::vector<bool> out(kSlots);
  std::vector<SlotIndex> taken;
  std::mt19937_64 random{1};
  for (int i = 0; i < 20'000; ++i) {
    if (set.size() != 0 && (taken.empty() || random() % 2 == 0)) {
      if (set.at_floor()) set.lower_floor();
      taken.push_back(set.take(cells.data()));
      out[taken.back()] = true;
    } else {
      const std::size_t victim = random() % taken.size();
      set.put(cells.data(), taken[victim]);
      out[taken[victim]] = false;
      taken[victim] = taken.back();
      taken.pop_back();
    }
    const SlotIndex slot = static_cast<SlotIndex>(random() % kSlots);
    ASSERT_EQ(set.contains(cells.data(), slot), !out[slot]);
    ASSERT_EQ(set.out(), taken.size());
  }
  EXPECT_GE(set.peak_out(), taken.size());
}

}  // namespace
}  // namespace cenote::test
