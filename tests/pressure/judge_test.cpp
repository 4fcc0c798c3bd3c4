/// How bad what the system says is, and how often something is done about it.
#include "pressure/judge.hpp"

#include <gtest/gtest.h>

namespace cenote {
namespace {

constexpr os::PressureSignals kSilence{}, kSome{.some_stalled = true},
    kAll{.some_stalled = true, .all_stalled = true};
constexpr PressureOptions kOptions{.window_ms = 1000, .moderate = 0.8, .critical = 0.9};

os::GroupMemory holding(std::size_t held, std::uint64_t pushes = 0, std::uint64_t kills = 0) {
  return {.held = held, .limit = 1000, .pushes = pushes, .kills = kills};
}

TEST(PressureJudge, WhatIsHeldSaysTheLevel) {
  PressureJudge judge{kOptions};
  EXPECT_EQ(judge.judge(kSilence, holding(799), 0), PressureLevel::none);
  EXPECT_EQ(judge.judge(kSilence, holding(800), 1), PressureLevel::moderate);
  EXPECT_EQ(judge.judge(kSilence, holding(900), 2), PressureLevel::critical);
  EXPECT_EQ(judge.judge(kSilence, holding(2000), 3), PressureLevel::critical);
  EXPECT_EQ(judge.judge(kSilence, holding(799), 4), PressureLevel::none);
  EXPECT_EQ(judge.judge(kSilence, {}, 5), PressureLevel::none);
}

TEST(PressureJudge, StallsSayItForAWindow) {
  PressureJudge judge{kOptions};
  EXPECT_EQ(judge.judge(kSome, {}, 100), PressureLevel::moderate);
  EXPECT_EQ(judge.judge(kSilence, {}, 1099), PressureLevel::moderate);
  EXPECT_TRUE(judge.is_told_of_more());
  EXPECT_EQ(judge.judge(kSilence, {}, 1100), PressureLevel::none);
  EXPECT_FALSE(judge.is_told_of_more());
  EXPECT_EQ(judge.judge(kAll, {}, 1200), PressureLevel::critical);
  EXPECT_EQ(judge.judge(kSome, {}, 2000), PressureLevel::critical);  // no less, and no longer
  EXPECT_EQ(judge.judge(kSome, {}, 2300), PressureLevel::moderate);
}

TEST(PressureJudge, APushIsCriticalOnlyWhereMuchIsHeld) {
  PressureJudge judge{kOptions};
  EXPECT_EQ(judge.judge(kSilence, holding(850, 7), 0), PressureLevel::moderate);  // old news
  EXPECT_EQ(judge.judge(kSilence, holding(850, 8), 1), PressureLevel::critical);
  EXPECT_EQ(judge.judge(kSilence, holding(850, 8), 2), PressureLevel::moderate);
  EXPECT_EQ(judge.judge(kSilence, holding(300, 9), 3), PressureLevel::none);  // file pages met the limit
}

TEST(PressureJudge, AKillInTheGroupIsCritical) {
  PressureJudge judge{kOptions};
  EXPECT_EQ(judge.judge(kSilence, holding(10, 0, 3), 0), PressureLevel::none);
  EXPECT_EQ(judge.judge(kSilence, holding(10, 0, 4), 1), PressureLevel::critical);
}

TEST(PressureJudge, WantedIsWhatLiesAboveNineTenthsOfTheLowerWatermark) {
  const PressureJudge judge{kOptions};
  EXPECT_EQ(judge.bytes_wanted(holding(720)), 0U);
  EXPECT_EQ(judge.bytes_wanted(holding(900)), 180U);
  EXPECT_EQ(judge.bytes_wanted({}), 0U);
}

TEST(PressurePace, RisesAndSignalsAreAnsweredAtOnce) {
  PressurePace pace{kOptions};
  EXPECT_FALSE(pace.is_due(PressureLevel::none, false, 0));
  EXPECT_TRUE(pace.is_due(PressureLevel::moderate, false, 1));
  pace.note_reaction(PressureLevel::moderate, 1, true);
  EXPECT_FALSE(pace.is_due(PressureLevel::moderate, false, 2));
  EXPECT_TRUE(pace.is_due(PressureLevel::moderate, true, 3));
  EXPECT_TRUE(pace.is_due(PressureLevel::critical, false, 4));
}

TEST(PressurePace, WhatBringsNothingIsTriedEverMoreRarely) {
  PressurePace pace{kOptions};
  std::uint64_t now = 0;
  ASSERT_TRUE(pace.is_due(PressureLevel::moderate, false, now));
  for (const std::uint64_t pause : {2'000, 4'000, 8'000, 16'000, 32'000, 64'000, 64'000}) {
    pace.note_reaction(PressureLevel::moderate, now, false);
    EXPECT_FALSE(pace.is_due(PressureLevel::moderate, false, now + pause - 1));
    now += pause;
    EXPECT_TRUE(pace.is_due(PressureLevel::moderate, false, now));
  }
  pace.note_reaction(PressureLevel::moderate, now, true);
  EXPECT_TRUE(pace.is_due(PressureLevel::moderate, false, now + 1'000));
}

TEST(PressurePace, CriticalIsAnsweredAtEveryLookWhileThatHelps) {
  PressurePace pace{{.poll_ms = 100}};
  ASSERT_TRUE(pace.is_due(PressureLevel::critical, false, 0));
  pace.note_reaction(PressureLevel::critical, 0, true);
  EXPECT_FALSE(pace.is_due(PressureLevel::critical, false, 99));
  EXPECT_TRUE(pace.is_due(PressureLevel::critical, false, 100));
}

TEST(PressureOptions, NonsenseIsNamed) {
  EXPECT_EQ(check_options({}).name, nullptr);
  EXPECT_STREQ(check_options({.name = "sixteen bytes to"}).name, "name");
  EXPECT_STREQ(check_options({.window_ms = 499}).name, "window_ms");
  EXPECT_STREQ(check_options({.window_ms = 10'001}).name, "window_ms");
  EXPECT_STREQ(check_options({.stall_ms = 0}).name, "stall_ms");
  EXPECT_STREQ(check_options({.stall_ms = 1001, .window_ms = 1000}).name, "stall_ms");
  EXPECT_STREQ(check_options({.moderate = 0.49}).name, "moderate");
  EXPECT_STREQ(check_options({.moderate = 0.9, .critical = 0.9}).name, "critical");
  EXPECT_STREQ(check_options({.critical = 1.1}).name, "critical");
  EXPECT_STREQ(check_options({.poll_ms = 0}).name, "poll_ms");
}

}  // namespace
}  // namespace cenote
