#include <algorithm>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/regions.hpp>

#include "support/pattern.hpp"

namespace cenote::os {
namespace {

TEST(PermanentMemory, GivesZeroedPiecesApartFromEachOther) {
  PermanentMemory memory;
  struct Piece {
    void* start;
    std::size_t bytes;
  };
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < 3000; ++i) {
    const std::size_t bytes = 1 + i * 7 % 900;
    void* const start = memory.allocate(bytes);
    ASSERT_NE(start, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(start) % 128, 0U);
    ASSERT_TRUE(test::is_zero(start, bytes));
    test::fill_pattern(start, bytes, i);
    pieces.push_back({start, bytes});
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ASSERT_TRUE(test::holds_pattern(pieces[i].start, pieces[i].bytes, i)) << "given out twice";
  }
}

TEST(PermanentMemory, UsesItsPagesUp) {
  PermanentMemory memory;
  std::vector<std::uintptr_t> pages;
  for (int i = 0; i < 3200; ++i) {
    pages.push_back(reinterpret_cast<std::uintptr_t>(memory.allocate(128)) / 4096);
  }
  std::sort(pages.begin(), pages.end());
  EXPECT_LE(std::unique(pages.begin(), pages.end()) - pages.begin(), 101);
}

}  // namespace
}  // namespace cenote::os
