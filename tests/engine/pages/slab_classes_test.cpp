#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/geometry.hpp>
#include <cenote/detail/size_classes.hpp>

namespace cenote {
namespace {

constexpr SizeClasses kSchemes[] = {SizeClasses::halves, SizeClasses::quarters};

std::vector<std::size_t> sizes_of(SizeClasses scheme, std::size_t classes) {
  std::vector<std::size_t> sizes;
  for (std::size_t index = 0; index < classes; ++index)
    sizes.push_back(slab_classes::block_bytes(scheme, index));
  return sizes;
}

TEST(SlabClasses, AreSpacedAsTheirNamesSay) {
  EXPECT_EQ(sizes_of(SizeClasses::halves, 11),
            (std::vector<std::size_t>{8, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384}));
  EXPECT_EQ(
      sizes_of(SizeClasses::quarters, 17),
      (std::vector<std::size_t>{8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}));
}

TEST(SlabClasses, EverySizeGetsTheSmallestBlockThatHoldsIt) {
  for (const SizeClasses scheme : kSchemes) {
    for (std::size_t size = 1; size <= kSlabBlockMax; ++size) {
      const std::size_t index = slab_classes::index_of(scheme, size);
      ASSERT_GE(slab_classes::block_bytes(scheme, index), size);
      if (index > 0) {
        ASSERT_LT(slab_classes::block_bytes(scheme, index - 1), size);
      }
    }
  }
}

TEST(SlabClasses, EveryAlignmentGetsTheSmallestClassThatHasIt) {
  for (const SizeClasses scheme : kSchemes) {
    for (std::size_t alignment = 1; alignment <= kUnitBytes; alignment *= 2) {
      for (std::size_t size = 1; size <= kSlabBlockMax; size += size < 300 ? 1 : 97) {
        const std::size_t index = slab_classes::aligned_index_of(scheme, size, alignment);
        ASSERT_EQ(slab_classes::block_bytes(scheme, index) % alignment, 0U);
        for (std::size_t smaller = slab_classes::index_of(scheme, size); smaller < index; ++smaller) {
          ASSERT_NE(slab_classes::block_bytes(scheme, smaller) % alignment, 0U);
        }
      }
    }
  }
}

// The allocator's table knows no alignment: it rounds the size up.
TEST(SlabClasses, RoundingUpTheSizeServesAlignmentsUpToSixteen) {
  for (const SizeClasses scheme : kSchemes) {
    for (const std::size_t alignment : {1U, 2U, 4U, 8U, 16U}) {
      for (std::size_t size = 1; size <= 1024; ++size) {
        ASSERT_EQ(slab_classes::index_of(scheme, align_up(size, alignment)),
                  slab_classes::aligned_index_of(scheme, size, alignment))
            << size << " at " << alignment;
      }
    }
  }
}

TEST(SlabClasses, WasteIsWhatItIsSaidToBe) {
  for (const SizeClasses scheme : kSchemes) {
    double sum = 0;
    double worst = 0;
    constexpr std::size_t kLargest = 32 * 1024;
    for (std::size_t size = 1; size <= kLargest; ++size) {
      const double block = slab_classes::block_bytes(scheme, slab_classes::index_of(scheme, size));
      const double waste = (block - static_cast<double>(size)) / block;
      sum += waste;
      if (block > static_cast<double>(slab_classes::linear_max(scheme))) worst = std::max(worst, waste);
    }
    const slab_classes::Waste said = slab_classes::waste_up_to(scheme, kLargest);
    EXPECT_NEAR(said.mean, sum / kLargest, 1e-9);
    EXPECT_NEAR(said.worst_above_linear, worst, 1e-9);
  }
}

TEST(SlabClasses, EverySlabHoldsEightBlocksAndFitsAnExtent) {
  for (const SizeClasses scheme : kSchemes) {
    for (std::size_t index = 0; index < slab_classes::count(scheme); ++index) {
      const SlabShape shape = slab_shape_for(slab_classes::block_bytes(scheme, index));
      EXPECT_GE(shape.capacity, 8U);
      EXPECT_LE(std::size_t{shape.capacity} * shape.block_bytes, bytes_of({shape.units}));
      EXPECT_LE(shape.units, kUnitsPerExtent);
    }
  }
}

}  // namespace
}  // namespace cenote
