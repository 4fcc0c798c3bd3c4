#include <random>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>

namespace cenote {
namespace {

TEST(SlotGeometry, FindsEverySlotByItsOffset) {
  for (std::size_t stride = 1; stride <= 5000; stride += stride < 300 ? 1 : 37) {
    const SlotGeometry slots{stride};
    EXPECT_EQ(slots.stride(), stride);
    for (const SlotIndex index : {0U, 1U, 2U, 63U, 64U, 1000U, 0xffffU, 0x7fff'ffffU, kNoSlot - 1}) {
      if (index > SIZE_MAX / stride) break;  // no pool reaches so far
      ASSERT_EQ(slots.index_at(slots.offset_of(index)), index) << stride;
    }
  }
}

TEST(SlotGeometry, FindsNoSlotInsideAnother) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 200'000; ++i) {
    const std::size_t stride = 2 + random() % (i % 2 == 0 ? 500 : 1 << 21);
    const SlotGeometry slots{stride};
    const std::uint64_t offset = random() % (std::uint64_t{1} << 46);
    const std::uint64_t index = slots.index_at(offset);
    if (offset % stride == 0) {
      ASSERT_EQ(index, offset / stride);
    } else {
      ASSERT_GE(index, (~std::uint64_t{0} / stride)) << offset << " in slots of " << stride;
    }
  }
}

TEST(SlotGeometry, FindsNoSlotBelowTheFirst) {
  std::mt19937_64 random{2};
  for (int i = 0; i < 200'000; ++i) {
    const std::size_t stride = 1 + random() % 5000;
    const std::uint64_t below = 1 + random() % (std::uint64_t{1} << 47);
    // A multiple of the stride below the first is the index of a slot that no pool has.
    ASSERT_GE(SlotGeometry{stride}.index_at(0 - below), kNoSlot) << below << " below, slots of " << stride;
  }
}

TEST(SlotGeometry, TakesPowersOfTwoAndOddNumbersAlike) {
  for (int twos = 0; twos < 32; ++twos) {
    for (const std::size_t odd : {1U, 3U, 5U, 7U, 13U, 255U, 65'535U}) {
      if (odd > (SIZE_MAX >> twos) / 16) break;  // so few fit
      const std::size_t stride = odd << twos;
      const SlotGeometry slots{stride};
      EXPECT_EQ(slots.index_at(stride * 12), 12U);
      EXPECT_GE(slots.index_at(stride * 12 + (stride > 1 ? stride / 2 : 0) +
                               (stride == 1 ? std::uint64_t{1} << 60 : 0)),
                std::uint64_t{kNoSlot});
    }
  }
}

}  // namespace
}  // namespace cenote
