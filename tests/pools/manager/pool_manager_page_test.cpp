// The code on the page docs/pool-manager.md: compiled and run here, and compared with the page line by line.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

// As on the page.
// clang-format off

TEST(PoolManagerPage, RecyclesBySizeAndRange) {
  PoolManager packets{{.limit_bytes = std::size_t{64} << 20, .name = "packets"}};
  packets.prepopulate(1500, 1000).value();               // all of them, or AllocFailure and none

  Block packet = packets.allocate_fixed(1500);           // one of the thousand
  // the smallest free one that fits; none does: a new one of 4000 bytes
  Block jumbo = packets.allocate_between(4000, 9000);
  packets.deallocate(jumbo);
  packets.deallocate(packet);

  Block again = packets.allocate_between(1501, 9000);    // the same 4000 bytes
  packets.deallocate(again);
  EXPECT_EQ(again.data(), jumbo.data());
  EXPECT_EQ(packets.available(1500), 1000U);
}

TEST(PoolManagerPage, Log) {
  const auto log = [](const ManagerEvent& event, void* refusals) noexcept {
    if (event.kind == ManagerEventKind::refused) ++*static_cast<int*>(refusals);
  };
  int refusals = 0;
  PoolManager small{{.limit_bytes = 100, .log = log, .log_context = &refusals}};
  const Result<Block> none = small.try_allocate_fixed(101);  // limit_reached
  EXPECT_EQ(none.error(), AllocError::limit_reached);
  EXPECT_EQ(refusals, 1);
}

// clang-format on

TEST(PoolManagerPage, ShowsTheCodeOfTheseTests) { expect_page_shows("pool-manager.md", __FILE__, 2); }

}  // namespace
}  // namespace cenote::test
