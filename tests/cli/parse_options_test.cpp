#include "cli/options/parse_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/failure.hpp"

namespace cenote::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// What is said about `words`; "" when they are right.
std::string complaint(const std::vector<std::string>& words) {
  try {
    parse_options(words);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.status(), kExitUsage);
    return failure.what();
  }
  return "";
}

TEST(ParseOptions, EverythingBehindTheDashesIsTheCommand) {
  const auto options =
      std::get<RunOptions>(parse_options({"run", "--report", "out", "--", "ls", "--", "--report"}));
  EXPECT_EQ(options.report_folder, "out");
  EXPECT_THAT(options.command, ElementsAre("ls", "--", "--report"));
}

TEST(ParseOptions, RunTakesAFileForAProfile) {
  EXPECT_EQ(std::get<RunOptions>(parse_options({"run", "--profile", "heap.pb", "--", "ls"})).profile_file,
            "heap.pb");
  EXPECT_EQ(std::get<RunOptions>(parse_options({"run", "--", "ls"})).profile_file, "");
}

TEST(ParseOptions, CompareHasItsDefaults) {
  const auto options = std::get<CompareOptions>(parse_options({"compare", "--", "ls"}));
  EXPECT_EQ(options.rounds, kRoundsDefault);
  EXPECT_TRUE(options.with.empty());
  EXPECT_EQ(options.json_file, "");
}

TEST(ParseOptions, CompareTakesAllItsOptions) {
  const auto options =
      std::get<CompareOptions>(parse_options({"compare", "-n", "7", "--with", "a=x.so", "--with", "b=y.so",
                                              "--json", "j", "--html", "h", "--", "ls", "-n"}));
  EXPECT_EQ(options.rounds, 7);
  ASSERT_EQ(options.with.size(), 2U);
  EXPECT_EQ(options.with[1].name, "b");
  EXPECT_EQ(options.with[1].library, "y.so");
  EXPECT_EQ(options.json_file, "j");
  EXPECT_EQ(options.html_file, "h");
  EXPECT_THAT(options.command, ElementsAre("ls", "-n"));
}

TEST(ParseOptions, StatsTakesAProcessAndAFormat) {
  const auto table = std::get<StatsOptions>(parse_options({"stats", "42"}));
  EXPECT_EQ(table.process, 42);
  EXPECT_EQ(table.format, StatsFormat::table);
  EXPECT_EQ(std::get<StatsOptions>(parse_options({"stats", "--json", "42"})).format, StatsFormat::json);
  EXPECT_EQ(std::get<StatsOptions>(parse_options({"stats", "42", "--openmetrics"})).format,
            StatsFormat::openmetrics);
}

TEST(ParseOptions, ProfileTakesAProcessAndAFile) {
  const auto listed = std::get<ProfileOptions>(parse_options({"profile", "42"}));
  EXPECT_EQ(listed.process, 42);
  EXPECT_EQ(listed.file, "");
  EXPECT_EQ(std::get<ProfileOptions>(parse_options({"profile", "42", "-o", "now.pb"})).file, "now.pb");
}

TEST(ParseOptions, TopTakesAProcessOrNoneAndAPace) {
  const auto all = std::get<TopOptions>(parse_options({"top"}));
  EXPECT_EQ(all.process, 0);
  EXPECT_EQ(all.interval_s, 1);
  const auto one = std::get<TopOptions>(parse_options({"top", "--interval", "0.5", "42"}));
  EXPECT_EQ(one.process, 42);
  EXPECT_EQ(one.interval_s, 0.5);
}

TEST(ParseOptions, FlameTakesAProfileAndAPage) {
  const auto beside = std::get<FlameOptions>(parse_options({"flame", "heap.pb"}));
  EXPECT_EQ(beside.profile_file, "heap.pb");
  EXPECT_EQ(beside.page_file, "heap.pb.html");
  const auto named = std::get<FlameOptions>(parse_options({"flame", "heap.pb", "-o", "page.html"}));
  EXPECT_EQ(named.page_file, "page.html");
}

TEST(ParseOptions, ServeTakesProcessesAndWhereToListen) {
  const auto all = std::get<ServeOptions>(parse_options({"serve"}));
  EXPECT_EQ(all.host, "127.0.0.1");
  EXPECT_EQ(all.port, kServePortDefault);
  EXPECT_TRUE(all.processes.empty());
  const auto some =
      std::get<ServeOptions>(parse_options({"serve", "42", "--port", "0", "43", "--host", "::1"}));
  EXPECT_EQ(some.host, "::1");
  EXPECT_EQ(some.port, 0);
  EXPECT_THAT(some.processes, ElementsAre(42, 43));
}

TEST(ParseOptions, HelpAndVersionAreTexts) {
  EXPECT_THAT(std::get<ShowText>(parse_options({"--version"})).text, HasSubstr("cenote "));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"run", "--help"},
                                                {"compare", "--help"},
                                                {"stats", "--help"},
                                                {"profile", "--help"},
                                                {"top", "--help"},
                                                {"--help"}}) {
    EXPECT_THAT(std::get<ShowText>(parse_options(words)).text, HasSubstr("Example"));
  }
}

TEST(ParseOptions, BadWordsAreNamedOnOneLine) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "no command"},
      {{"walk"}, "unknown command 'walk'"},
      {{"run"}, "no program to run"},
      {{"run", "--"}, "no program to run"},
      {{"run", "ls"}, "'ls' was not expected"},
      {{"run", "--fast", "--", "ls"}, "unknown option '--fast'"},
      {{"compare", "-n", "0", "--", "ls"}, "-n '0'"},
      {{"compare", "-n", "2x", "--", "ls"}, "-n '2x'"},
      {{"compare", "-n", "-3", "--", "ls"}, "-n"},
      {{"compare", "--with", "a", "--", "ls"}, "NAME=LIB.so"},
      {{"compare", "--with", "=x.so", "--", "ls"}, "a name is of"},
      {{"compare", "--with", "a=", "--", "ls"}, "NAME=LIB.so"},
      {{"compare", "--with", "system=x.so", "--", "ls"}, "'system' is always compared"},
      {{"compare", "--with", "a=/no/such.so", "--", "ls"}, "'/no/such.so' does not exist"},
      {{"compare", "--with", "a=x.so", "--with", "a=y.so", "--", "ls"}, "two libraries"},
      {{"stats"}, "no process"},
      {{"top", ""}, "no process"},
      {{"top", "--interval", "0.01"}, "--interval '0.01': it is 0.1 to 60 seconds"},
      {{"top", "--interval", "1s"}, "--interval '1s'"},
      {{"top", "--interval", "nan"}, "--interval 'nan'"},
      {{"stats", "python3"}, "'python3' is not the number of a process"},
      {{"stats", "0"}, "'0' is not the number of a process; `pgrep NAME` prints those"},
      {{"profile", "out/srv.pb"}, "`cenote flame out/srv.pb` shows a saved profile"},
      {{"profile", "srv.pb.gz"}, "`cenote flame srv.pb.gz` shows a saved profile"},
      {{"stats", "99999999999"}, "'99999999999' is not"},
      {{"stats", "1", "2"}, "'2' was not expected; see `cenote stats --help`"},
      {{"run", "--profile", "", "--", "ls"}, "--profile: the path is empty"},
      {{"run", "--report", "", "--", "ls"}, "--report: the path is empty"},
      {{"compare", "--json", "", "--", "ls"}, "--json: the path is empty"},
      {{"compare", "--html", "", "--", "ls"}, "--html: the path is empty"},
      {{"profile", "-o", "", "1"}, "-o: the path is empty"},
      {{"flame", "heap.pb", "-o", ""}, "-o: the path is empty"},
      {{"run", "--profile", "-", "--", "ls"}, "--profile '-': standard output is the program's"},
      {{"run", "--report", "-", "--", "ls"}, "--report '-': "},
      {{"compare", "--json", "-", "--html", "-", "--", "ls"}, "only one of --json and --html"},
      {{"stats", "1", "--", "ls"}, "runs no program"},
      {{"stats", "--json", "--openmetrics", "1"}, "excludes"},
  };
  for (const auto& [words, expected] : cases) {
    const std::string said = complaint(words);
    EXPECT_THAT(said, HasSubstr(expected));
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace cenote::cli
