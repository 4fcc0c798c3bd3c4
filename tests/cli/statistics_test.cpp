#include "cli/measure/statistics.hpp"

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/measure/comparison.hpp"
#include "cli/measure/plan.hpp"

namespace cenote::cli {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Median, IsTheMiddleOfAnOddNumber) { EXPECT_EQ(median({5, 1, 3}), 3); }
TEST(Median, IsTheMeanOfTheMiddleTwoOfAnEvenNumber) { EXPECT_EQ(median({4, 1, 2, 100}), 3); }
TEST(Median, OfNothingIsNotANumber) { EXPECT_TRUE(std::isnan(median({}))); }

TEST(Spread, HasLeastMiddleAndLargest) {
  const Spread spread = spread_of(std::vector<double>{9, 2, 4});
  EXPECT_EQ(spread.min, 2);
  EXPECT_EQ(spread.median, 4);
  EXPECT_EQ(spread.max, 9);
}

TEST(PairedRatios, AreThoseOfEachRound) { EXPECT_THAT(paired_ratios({1, 6}, {2, 3}), ElementsAre(0.5, 2)); }
TEST(PairedRatios, NothingBesideNothingIsOne) { EXPECT_THAT(paired_ratios({0}, {0}), ElementsAre(1)); }
TEST(PairedRatios, LeaveOutRoundsWithoutABase) { EXPECT_THAT(paired_ratios({5, 4}, {0, 2}), ElementsAre(2)); }
TEST(PairedRatios, OfNothingAreNone) { EXPECT_THAT(paired_ratios({}, {}), IsEmpty()); }

Measurement run_of(double wall_s) {
  Measurement run;
  run.wall_s = wall_s;
  return run;
}

TEST(Comparison, TheRatioIsTheMedianOfTheRoundsRatios) {
  // The ratio of the medians would be 0.4 / 0.5; a machine that slows down meets both alike.
  const Comparison comparison{{"x"},
                              3,
                              {{"system", "", {run_of(0.2), run_of(0.5), run_of(2)}},
                               {"cenote", "l.so", {run_of(0.1), run_of(0.4), run_of(1)}}}};
  EXPECT_DOUBLE_EQ(ratio_of(comparison, comparison.allocators[1], kMetrics[0]).median, 0.5);
  EXPECT_DOUBLE_EQ(ratio_of(comparison, comparison.allocators[0], kMetrics[0]).median, 1);
}

TEST(Comparison, TheTypicalRunHasTheMiddleWallTime) {
  const AllocatorRuns allocator{"system", "", {run_of(3), run_of(1), run_of(2)}};
  EXPECT_EQ(typical_run(allocator).wall_s, 2);
}

TEST(Measurement, ThePeakIsTheLargerOfTheKernelsAndTheSampled) {
  Measurement run;
  run.largest_process_bytes = 10;
  run.tree_peak_bytes = 7;
  EXPECT_EQ(run.peak_rss_bytes(), 10U);
  run.tree_peak_bytes = 12;
  EXPECT_EQ(run.peak_rss_bytes(), 12U);
}

TEST(Plan, WarmsUpEachAllocatorThenTakesTurns) {
  std::string order;
  for (const PlannedRun& run : plan_runs(2, 2)) order += "AB"[run.allocator] + std::to_string(run.round);
  EXPECT_EQ(order, "A0B0A1B1A2B2");
}

}  // namespace
}  // namespace cenote::cli
