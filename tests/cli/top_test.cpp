// What `cenote top` shows and how it answers keys, without a terminal.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/inspect/refusals.hpp"
#include "cli/text/quoting.hpp"
#include "cli/top/graphics.hpp"
#include "cli/top/top_app.hpp"

namespace cenote::cli {
namespace {

using stats::Account, stats::Figure, stats::Kind, stats::Snapshot;
using testing::ElementsAre, testing::HasSubstr, testing::Not;

Account account(Kind kind, const std::string& name, std::uint64_t live, std::uint64_t allocations = 0) {
  Account made{.kind = kind};
  name.copy(made.name, stats::kNameMax);
  made[Figure::live] = live;
  made[Figure::blocks_in_use] = live / 16;
  made[Figure::allocations] = allocations;
  return made;
}

/// Two heaps and a pool, a second later with each look; pools grow, and the heap `small` does not.
Snapshot sample(std::uint64_t look) {
  Snapshot made{.process_id = 7, .unix_milliseconds = 1000 * look, .resident_bytes = 8 << 20};
  made.pools = {account(Kind::heap, "small", 1024), account(Kind::heap, "large", 1 << 20),
                account(Kind::fixed_pool, "orders", 2048 * look, 500 * look)};
  made.pools[1][Figure::partial_slabs] = 3 << 20;
  for (const Account& pool : made.pools) made.process += pool;
  return made;
}

class FakeSource final : public TopSource {
 public:
  Found list() override { return found; }
  Snapshot snapshot(pid_t process) override {
    if (has_ended) throw ProcessEnded("process 7 (fake) has ended", kExitUnreadable);
    looked_at = process;
    return sample(++looks);
  }
  std::string command_of(pid_t) override { return "fake"; }

  Found found{
      .processes = {{.id = 3, .command_line = "first --option", .live_bytes = 1, .resident_bytes = 2},
                    {.id = 7, .command_line = "second", .live_bytes = 1 << 20, .resident_bytes = 8 << 20}}};
  bool has_ended = false;
  pid_t looked_at = 0;
  std::uint64_t looks = 0;
};

const Screen kScreen{.lines = 24, .columns = 110};

std::vector<std::string> names(TopApp& app) {
  const std::string text = text_of(app.frame(kScreen));
  std::vector<std::string> found;
  for (const char* const name : {"small", "large", "orders", "2 heaps"}) {
    if (text.find(name) != std::string::npos) found.emplace_back(name);
  }
  std::ranges::sort(found, {}, [&](const std::string& name) { return text.find(name); });
  return found;
}

/// The text of the row that is selected, without its figures.
std::string selected(TopApp& app) {
  for (const Line& line : app.frame(kScreen)) {
    if (line.size() == 1 && line[0].style == Style::selected) {
      const std::string text = line[0].text.substr(line[0].text.find_first_not_of(" "));
      return text.substr(0, text.find("  "));
    }
  }
  return "";
}

TEST(TopScreen, ShowsPoolsAndWhyMemoryIsResident) {
  FakeSource source;
  TopApp app(source, 7, 1);
  const std::string text = text_of(app.frame(kScreen));
  for (const char* const part : {"fake (7)", "every 1 s", "2 heaps", "large", "orders", "L live", "1.00 MiB",
                                 "P partial slabs", "3.00 MiB", ". other", "q quit", "resident"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(TopScreen, TheBarIsSharedOutFairly) {
  FakeSource source;
  TopApp app(source, 7, 1);
  const TextFrame frame = app.frame({.lines = 24, .columns = 100});
  const std::string bar = text_of(frame[4]).substr(20);
  EXPECT_EQ(bar.size(), 80U);
  EXPECT_EQ(std::ranges::count(bar, 'P'), 30);  // 3 MiB of 8
  EXPECT_EQ(std::ranges::count(bar, 'L'), 10);
  EXPECT_EQ(std::ranges::count(bar, '.'), 40);
}

TEST(TopScreen, FitsAnySize) {
  FakeSource source;
  for (const bool with_list : {false, true}) {
    TopApp app(source, with_list ? std::nullopt : std::optional<pid_t>(7), 1);
    app.refresh();
    for (std::size_t lines = 1; lines < 40; ++lines) {
      for (std::size_t columns = 1; columns < 130; columns += 3) {
        const TextFrame frame = app.frame({lines, columns, true});
        EXPECT_EQ(frame.size(), lines);
        for (const Line& line : frame) EXPECT_LE(columns_of(text_of(line)), columns) << text_of(line);
      }
    }
  }
}

TEST(TopScreen, IsAsciiWhereTheTerminalIs) {
  FakeSource source;
  source.found.processes[0].command_line = "naïve \x1b[2J\x80 name that is too long for this screen";
  TopApp app(source, std::nullopt, 1);
  const std::string text = text_of(app.frame({.lines = 24, .columns = 60, .utf8 = false}));
  EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); })) << text;
  EXPECT_THAT(text, HasSubstr("na?ve ?[2J? name"));
}

TEST(TopScreen, ASelectedRowIsAlwaysInSight) {
  FakeSource source;
  TopApp app(source, 7, 1);
  app.press(Key::end);
  const TextFrame frame = app.frame({.lines = 12, .columns = 110});
  EXPECT_TRUE(std::ranges::any_of(frame, [](const Line& line) {
    return line.size() == 1 && line[0].style == Style::selected &&
           line[0].text.find("orders") != std::string::npos;
  })) << text_of(frame);
}

TEST(TopKeys, RowsAreSortedByAnyColumnEitherWay) {
  FakeSource source;
  TopApp app(source, 7, 1);
  EXPECT_THAT(names(app), ElementsAre("2 heaps", "large", "small", "orders"));
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("vlive"));
  app.press(Key::reverse);
  EXPECT_THAT(names(app), ElementsAre("orders", "2 heaps", "small", "large"));
  app.press(Key::reverse);
  app.press(Key::previous_column);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("vname"));
  EXPECT_THAT(names(app), ElementsAre("2 heaps", "large", "small", "orders"));
  app.press(Key::previous_column);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("vfailures"));
}

TEST(TopKeys, GroupsFold) {
  FakeSource source;
  TopApp app(source, 7, 1);
  app.press(Key::down);
  EXPECT_EQ(selected(app), "- 2 heaps");
  app.press(Key::enter);
  EXPECT_EQ(selected(app), "+ 2 heaps");
  EXPECT_THAT(names(app), ElementsAre("2 heaps", "orders"));
  app.press(Key::enter);
  EXPECT_THAT(names(app), ElementsAre("2 heaps", "large", "small", "orders"));
}

TEST(TopKeys, TheSelectionStaysWithItsRow) {
  FakeSource source;
  TopApp app(source, 7, 1);
  app.press(Key::end);
  EXPECT_EQ(selected(app), "orders");
  app.press(Key::reverse);
  EXPECT_EQ(selected(app), "orders");
  app.press(Key::home);
  EXPECT_EQ(selected(app), "process");
  app.press(Key::up);
  EXPECT_EQ(selected(app), "process");
}

TEST(TopKeys, PauseStopsLooking) {
  FakeSource source;
  TopApp app(source, 7, 1);
  app.press(Key::pause);
  app.refresh();
  EXPECT_EQ(source.looks, 1U);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("paused"));
  app.press(Key::pause);
  app.refresh();
  EXPECT_EQ(source.looks, 2U);
}

TEST(TopKeys, ThePaceHasLimits) {
  FakeSource source;
  TopApp app(source, 7, 1);
  app.press(Key::faster);
  EXPECT_EQ(app.interval_s(), 0.5);
  for (int i = 0; i < 20; ++i) app.press(Key::faster);
  EXPECT_EQ(app.interval_s(), 0.1);
  for (int i = 0; i < 20; ++i) app.press(Key::slower);
  EXPECT_EQ(app.interval_s(), 60);
  EXPECT_FALSE(app.press(Key::quit));
}

TEST(TopList, OffersAChoiceAndTakesItBack) {
  FakeSource source;
  TopApp app(source, std::nullopt, 1);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("2 processes of yours carry cenote"));
  app.press(Key::down);
  std::ranges::reverse(source.found.processes);
  app.refresh();  // the choice stays with process 7
  app.press(Key::enter);
  EXPECT_EQ(source.looked_at, 7);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("fake (7)"));
  app.press(Key::back);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("first --option"));
}

TEST(TopList, SaysWhyItIsEmpty) {
  FakeSource source;
  source.found = {.remark = "none; start a program"};
  TopApp app(source, std::nullopt, 1);
  app.press(Key::enter);
  app.press(Key::down);
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("none; start a program"));
}

TEST(TopEnd, TheLastFiguresStayWithAMessage) {
  FakeSource source;
  TopApp app(source, 7, 1);
  source.has_ended = true;
  app.refresh();
  app.refresh();
  const std::string text = text_of(app.frame(kScreen));
  EXPECT_THAT(text, HasSubstr("process 7 (fake) has ended; these are its last figures"));
  EXPECT_THAT(text, HasSubstr("orders"));
  EXPECT_TRUE(app.press(Key::back));  // there is no list to go back to
  EXPECT_THAT(text_of(app.frame(kScreen)), HasSubstr("has ended"));
}

TEST(TopHistory, RatesAreBetweenTwoLooks) {
  History history;
  history.add(sample(1));
  EXPECT_FALSE(history.rates_of(2).growth);
  history.add(sample(3));
  EXPECT_EQ(history.rates_of(2).growth, 2048);
  EXPECT_EQ(history.rates_of(2).allocations, 500);
  EXPECT_EQ(history.rates_of(0).growth, 0);
  EXPECT_FALSE(history.rates_of(0).allocations);  // heaps count none
}

TEST(TopHistory, ForgetsWhatIsOld) {
  History history;
  for (std::uint64_t look = 1; look < 2 * History::kMomentsMax; ++look) history.add(sample(look));
  EXPECT_EQ(history.moments().size(), History::kMomentsMax);
  EXPECT_EQ(history.moments().back().unix_milliseconds, 1000 * (2 * History::kMomentsMax - 1));
}

TEST(Graphics, ASparklineGoesFromTheLeastToTheGreatest) {
  const std::vector<double> values{9, 0, 7, 14};
  EXPECT_EQ(sparkline(values, 3, {}), "▁▅█");
  EXPECT_EQ(sparkline(values, 3, {.utf8 = false}), "_=#");
  EXPECT_EQ(sparkline(std::vector<double>{5, 5}, 9, {}), "▁▁");
  EXPECT_EQ(sparkline({}, 9, {}), "");
}

TEST(Graphics, CellsAreInProportion) {
  const std::vector<std::uint64_t> parts{1, 0, 3};
  EXPECT_THAT(share_out(parts, 8), ElementsAre(0, 0, 2, 2, 2, 2, 2, 2));
  EXPECT_TRUE(share_out(std::vector<std::uint64_t>{0, 0}, 8).empty());
}

}  // namespace
}  // namespace cenote::cli
