#include <gtest/gtest.h>

#include <cenote/detail/geometry.hpp>
#include <cenote/detail/size_classes.hpp>

namespace cenote::test {
namespace {

/// Every class, with every size that a page has on some machine.
template <class Visit>
void for_each_slab(Visit visit) {
  for (std::size_t page = 4096; page <= 65536; page *= 2) {
    for (std::uint8_t c = 0; c < kClassCount; ++c)
      visit(SlabParts{block_bytes({c}), slab_capacity({c}), page}, page, bytes_of(slab_units({c})));
  }
}

TEST(SlabParts, AreSixteenAtMost) {
  for_each_slab([](const SlabParts& parts, std::size_t, std::size_t) {
    EXPECT_GE(parts.count(), 1U);
    EXPECT_LE(parts.count(), 16U);
  });
}

TEST(SlabParts, HaveEachBlockThatBeginsInThemOnce) {
  for_each_slab([](const SlabParts& parts, std::size_t, std::size_t) {
    std::uint32_t block = 0;
    for (std::uint32_t part = 0; part < parts.count(); ++part) {
      ASSERT_EQ(parts.first_block(part), block);
      for (std::uint32_t i = 0; i < parts.blocks_in(part); ++i, ++block)
        ASSERT_EQ(parts.part_at(std::size_t{block} * parts.block_bytes), part);
    }
    EXPECT_EQ(block, parts.capacity);
  });
}

TEST(SlabParts, SayWhichBlockEndsInTheNext) {
  for_each_slab([](const SlabParts& parts, std::size_t, std::size_t) {
    for (std::uint32_t part = 0; part + 1 < parts.count(); ++part) {
      if (parts.blocks_in(part) == 0) continue;
      const std::size_t last = std::size_t{parts.first_block(part + 1) - 1} * parts.block_bytes;
      EXPECT_EQ(parts.reaches_next(last), parts.is_reached(part + 1));
    }
  });
}

TEST(SlabParts, HaveWholePagesInsideThemOnly) {
  for_each_slab([](const SlabParts& parts, std::size_t page, std::size_t slab_bytes) {
    for (std::uint32_t first = 0; first < parts.count(); ++first) {
      for (std::uint32_t count = 1; first + count <= parts.count(); ++count) {
        const PartPages pages = pages_of(parts, first, count, page);
        EXPECT_GE(pages.begin, std::size_t{first} * parts.part_bytes);
        if (pages.bytes() == 0) continue;
        EXPECT_LE(pages.end, std::size_t{first + count} * parts.part_bytes);
        EXPECT_LE(pages.end, slab_bytes);
        EXPECT_EQ(pages.begin % page + pages.end % page, 0U);
      }
    }
  });
}

TEST(SlabParts, ThatArePagesGoWhole) {
  const SlabParts parts{256, 256, 4096};
  EXPECT_EQ(pages_of(parts, 3, 2, 4096).begin, 3 * 4096U);
  EXPECT_EQ(pages_of(parts, 3, 2, 4096).bytes(), 2 * 4096U);
}

TEST(SlabParts, ThatAreBlocksKeepThePagesAtTheirEnds) {
  const SlabParts parts{10240, 12, 4096};  // two and a half pages
  EXPECT_EQ(pages_of(parts, 0, 1, 4096).bytes(), 2 * 4096U);
  EXPECT_EQ(pages_of(parts, 1, 1, 4096).bytes(), 2 * 4096U);
  EXPECT_EQ(pages_of(parts, 0, 2, 4096).bytes(), 5 * 4096U) << "the page between them goes too";
}

}  // namespace
}  // namespace cenote::test
