// The code on the page docs/statistics.md: compiled and run here, and compared with the page line by line.
#include <cstdio>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cenote/cenote.hpp>

#include "support/page.hpp"

namespace cenote::test {
namespace {

struct Order {
  int price;
};

// As on the page.
// clang-format off

TEST(StatisticsPage, TellsWhatAllHold) {
  Heap parser{{.name = "parser"}};
  FixedPool<Order> orders{{.capacity = 100'000, .name = "orders"}};

  stats::Snapshot now = stats::snapshot();               // from any thread, while others go on
  std::puts(stats::to_table(now).c_str());
  std::string json = stats::to_json(now);
  std::string metrics = stats::to_openmetrics(now);      // for Prometheus and its kin
  EXPECT_THAT(json, testing::HasSubstr("\"orders\""));
  EXPECT_THAT(metrics, testing::HasSubstr("\"parser\""));
}

// clang-format on

TEST(StatisticsPage, ShowsTheCodeOfTheseTests) { expect_page_shows("statistics.md", __FILE__, 1); }

}  // namespace
}  // namespace cenote::test
