// The code on the page docs/slabs.md: compiled and run here, and compared with the page line by line.
#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

TEST(SlabPage, TakesAndGives) {
  cenote::SlabAllocator nodes{{.limit_bytes = 64 << 20, .name = "nodes"}};
  void* p = nodes.allocate(100);           // a block of 112 bytes
  EXPECT_EQ(nodes.usable_size(p), 112U);
  nodes.deallocate(p);                     // or deallocate(p, 100), which checks the size too
}

// clang-format on

TEST(SlabPage, ShowsTheCodeOfTheseTests) { expect_page_shows("slabs.md", __FILE__, 1); }

}  // namespace
}  // namespace cenote::test
