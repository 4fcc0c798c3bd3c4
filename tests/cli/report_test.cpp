#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli/report/breakdown_section.hpp"
#include "cli/report/comparison_cards.hpp"
#include "cli/report/comparison_json.hpp"
#include "cli/report/comparison_page.hpp"
#include "cli/report/markup.hpp"
#include "cli/report/memory_section.hpp"
#include "cli/report/svg/scale.hpp"

namespace cenote::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Unit plain(double) noexcept { return {1, ""}; }

TEST(LinearScale, MapsTheDomainToTheRange) {
  const LinearScale y{10, 200, 100};  // upside down, as on a picture
  EXPECT_EQ(y(0), 200);
  EXPECT_EQ(y(5), 150);
  EXPECT_EQ(y(10), 100);
}

TEST(RoundTicks, AreRoundAndReachTheLargest) {
  EXPECT_THAT(round_ticks(9, 5, plain).values, ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(round_ticks(0.31, 4, plain).values,
              ElementsAre(0, testing::DoubleEq(0.1), testing::DoubleEq(0.2),
                          testing::DoubleEq(0.30000000000000004), testing::DoubleEq(0.4)));
  EXPECT_THAT(round_ticks(4, 4, plain).values, ElementsAre(0, 1, 2, 3, 4));
}

TEST(RoundTicks, AreRoundInTheirUnit) {
  constexpr double kMib = 1024.0 * 1024;
  const Ticks ticks = round_ticks(3.5 * kMib, 4, bytes_unit);
  EXPECT_EQ(ticks.values[1], kMib);
  EXPECT_EQ(tick_label(ticks, ticks.values[1]), "1");
  EXPECT_EQ(tick_label(ticks, ticks.last()), "4 MiB");
}

TEST(RoundTicks, AreInTheUnitOfTheLast) {
  const Ticks ticks = round_ticks(0.953, 2, seconds_unit);
  EXPECT_EQ(tick_label(ticks, ticks.values[1]), "0.5");
  EXPECT_EQ(tick_label(ticks, ticks.last()), "1 s");
}

TEST(RoundTicks, OfNothingStillMakeAnAxis) { EXPECT_GT(round_ticks(0, 4, plain).last(), 0); }

TEST(Element, EscapesTextAndAttributes) {
  EXPECT_EQ(Element("a").set("title", "\"<").set("x", 1.005).text("1 < 2").render(),
            "<a title=\"&quot;&lt;\" x=\"1\">1 &lt; 2</a>\n");
}

TEST(ChangeText, IsAPercentageOrAMultiple) {
  EXPECT_EQ(change_text(0.86), "−14 %");
  EXPECT_EQ(change_text(1.031), "+3 %");
  EXPECT_EQ(change_text(1.0001), "±0 %");
  EXPECT_EQ(change_text(2.5), "2.50×");
  EXPECT_EQ(change_text(std::numeric_limits<double>::quiet_NaN()), "–");
}

TEST(Verdict, NeedsAllRoundsToAgreeOnADifferenceWorthNaming) {
  EXPECT_EQ(verdict_of({0.8, 0.9, 0.95}), Verdict::less);
  EXPECT_EQ(verdict_of({1.1, 1.2, 1.3}), Verdict::more);
  EXPECT_EQ(verdict_of({0.8, 0.9, 1.1}), Verdict::unclear);
  EXPECT_EQ(verdict_of({0.997, 0.998, 0.999}), Verdict::unclear);
}

Measurement run_of(double wall_s, std::uint64_t bytes) {
  Measurement run;
  run.wall_s = wall_s;
  run.cpu_s = wall_s / 2;
  run.largest_process_bytes = bytes;
  run.minor_faults = 3;
  run.resident = {{0.0, bytes / 2}, {wall_s, bytes}};
  return run;
}

Comparison small_comparison() {
  return {{"prog", "<b>"},
          2,
          {{"system", "", {run_of(2, 4096), run_of(4, 8192)}},
           {"cenote", "/l.so", {run_of(1, 4096), run_of(2, 8192)}}}};
}

TEST(ComparisonJson, IsAsDocumented) {
  const auto json = nlohmann::json::parse(comparison_json(small_comparison()));
  const auto expected = nlohmann::json::parse(R"({
    "command": ["prog", "<b>"], "runs": 2,
    "allocators": {
      "system": {"wall_s": {"min": 2, "median": 3, "max": 4}, "cpu_s": {"min": 1, "median": 1.5, "max": 2},
                 "peak_rss_bytes": {"min": 4096, "median": 6144, "max": 8192}, "page_faults": {"min": 3, "median": 3, "max": 3}},
      "cenote": {"wall_s": {"min": 1, "median": 1.5, "max": 2}, "cpu_s": {"min": 0.5, "median": 0.75, "max": 1},
                 "peak_rss_bytes": {"min": 4096, "median": 6144, "max": 8192}, "page_faults": {"min": 3, "median": 3, "max": 3}}},
    "ratios": {"system": {"wall": 1, "cpu": 1, "peak_rss": 1, "page_faults": 1},
               "cenote": {"wall": 0.5, "cpu": 0.5, "peak_rss": 1, "page_faults": 1}}})");
  EXPECT_EQ(json, expected);
}

TEST(ComparisonPage, NeedsNoOtherFileAndEscapesTheCommand) {
  const CompareOptions options{{"prog", "<b>"}, 2, {}, "", "out.html"};
  SizeCounts sizes;
  sizes.calls[4] = 10;
  sizes.processes = 1;
  const std::string page = comparison_page({options, small_comparison(), sizes});
  for (const char* foreign : {"http:", "https:", "src=", "@import", "url(", "<script", "<b>", "<link"}) {
    EXPECT_THAT(page, Not(HasSubstr(foreign)));
  }
  EXPECT_THAT(page, HasSubstr("Requests by size"));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
}

TEST(BreakdownSection, SaysWhenNothingWasRead) {
  EXPECT_THAT(breakdown_section(std::nullopt).render(), HasSubstr("no process was read"));
}

TEST(BreakdownSection, HasEveryReasonAndThePoolsWithMemory) {
  stats::Account full{.kind = stats::Kind::heap, .name = "parser<1>"},
      empty{.kind = stats::Kind::heap, .name = "idle"};
  full[stats::Figure::live] = 3 << 20;
  Breakdown breakdown{.seconds = 1.5, .processes = 1, .unread = 2};
  breakdown.together.resident_bytes = 4 << 20;
  breakdown.together.process += full;
  breakdown.together.pools = {full, empty};
  const std::string html = breakdown_section(breakdown).render();
  for (const stats::Reason& reason : stats::why_resident(breakdown.together))
    EXPECT_THAT(html, HasSubstr(std::string(reason.meaning)));
  EXPECT_THAT(html, HasSubstr("4.00 MiB in 1 process, 1.50 s after the start"));
  EXPECT_THAT(html, HasSubstr("2 more had no cenote"));
  EXPECT_THAT(html, HasSubstr("parser&lt;1&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("idle")));
  EXPECT_THAT(html, HasSubstr("width=\"720\""));  // 3 of 4 MiB
}

TEST(MemorySection, SaysWhenNothingWasSampled) {
  const Measurement brief = run_of(0.001, 4096);
  Measurement unseen = brief;
  unseen.resident.clear();
  EXPECT_THAT(memory_section({{"cenote", "s1", &brief, {}}}, "lead").render(), HasSubstr("<svg"));
  EXPECT_THAT(memory_section({{"cenote", "s1", &unseen, {}}}, "lead").render(), HasSubstr("Too short"));
}

TEST(ComparisonPage, SaysWhyThereAreNoSizes) {
  const CompareOptions options{{"prog"}, 2, {}, "", "out.html"};
  const std::string page = comparison_page({options, small_comparison(), std::nullopt});
  EXPECT_THAT(page, HasSubstr("/l.so recorded none"));
  EXPECT_THAT(page, Not(HasSubstr("Requests by size")));
}

}  // namespace
}  // namespace cenote::cli
