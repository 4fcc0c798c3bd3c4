#include <gtest/gtest.h>

#include <cenote/detail/size_classes.hpp>

namespace cenote {
namespace {

TEST(SizeClasses, EverySizeGetsTheSmallestBlockThatHoldsIt) {
  for (std::size_t bytes = 1; bytes <= kSlabBlockMax; ++bytes) {
    const SizeClass c = size_class_of(bytes);
    ASSERT_LT(c.index, kClassCount) << bytes;
    ASSERT_GE(block_bytes(c), bytes);
    if (c.index == 1) continue;
    ASSERT_LT(block_bytes({static_cast<std::uint8_t>(c.index - 1)}), bytes);
  }
}

TEST(SizeClasses, WasteStaysWithinWhatTheHeaderPromises) {
  for (std::size_t bytes = 1; bytes <= kSlabBlockMax; ++bytes) {
    const std::size_t waste = block_bytes(size_class_of(bytes)) - bytes;
    if (bytes <= kTinyMax) {
      ASSERT_LE(waste, 15U) << bytes;
    } else {
      ASSERT_LE(static_cast<double>(waste), static_cast<double>(bytes) * (bytes <= kFineMax ? 0.125 : 0.25))
          << bytes;
    }
  }
}

TEST(SizeClasses, ARequestForNothingHasAClass) { EXPECT_EQ(block_bytes(size_class_of(0)), kBlockAlignment); }

TEST(SizeClasses, EveryBlockSizeKeepsMallocsAlignment) {
  for (std::uint8_t index = 0; index < kClassCount; ++index)
    EXPECT_EQ(block_bytes({index}) % kBlockAlignment, 0U);
}

TEST(SizeClasses, ASlabHoldsEightBlocksAndWastesLessThanAnEighth) {
  for (std::uint8_t index = 0; index < kClassCount; ++index) {
    const SizeClass c{index};
    const std::size_t slab = bytes_of(slab_units(c));
    const std::size_t cut = std::size_t{slab_capacity(c)} * block_bytes(c);
    EXPECT_GE(slab_capacity(c), 8U);
    EXPECT_LE(cut, slab);
    EXPECT_LT(slab - cut, slab / 8) << block_bytes(c);
    EXPECT_LE(slab_units(c).count, kUnitsPerExtent);
  }
}

TEST(SizeClasses, AnAlignedRequestGetsAlignedBlocks) {
  for (std::size_t alignment = 1; alignment <= kUnitBytes; alignment *= 2) {
    for (std::size_t bytes = 0; bytes <= kSlabBlockMax; bytes += bytes / 16 + 1) {
      const SizeClass c = aligned_size_class_of(bytes, alignment);
      ASSERT_LT(c.index, kClassCount);
      ASSERT_GE(block_bytes(c), bytes);
      ASSERT_EQ(block_bytes(c) % alignment, 0U) << bytes << " at " << alignment;
    }
  }
}

}  // namespace
}  // namespace cenote
