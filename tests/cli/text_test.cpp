#include <limits>

#include <gtest/gtest.h>

#include "cli/commands/last_lines.hpp"
#include "cli/commands/progress.hpp"
#include "cli/text/quoting.hpp"
#include "cli/text/text_table.hpp"
#include "cli/text/units.hpp"

namespace cenote::cli {
namespace {

TEST(HtmlEscape, LeavesNoMarkup) {
  EXPECT_EQ(html_escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
  EXPECT_EQ(html_escape("\x1b[0m\n"), "\uFFFD[0m\n");
}

TEST(HtmlEscape, IsUtf8WhateverItIsGiven) { EXPECT_EQ(html_escape("\xff<\xc3"), "\uFFFD&lt;\uFFFD"); }

TEST(Printable, EscapesWhatATerminalActsOn) {
  EXPECT_EQ(printable("ü\n\x1b]0;x\a\xff"), "ü\\n\\x1b]0;x\\x07\\xff");
  EXPECT_EQ(printable_lines("a\x1b\nb\r\n"), "a\\x1b\nb\\r\n");
}

TEST(ShellQuote, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(shell_quote({"g++", "-O2", "a b", "it's", ""}), "g++ -O2 'a b' 'it'\\''s' ''");
  EXPECT_EQ(shell_quote(std::string_view("$x")), "'$x'");
}

TEST(Shorten, CutsAtCharactersNotBytes) {
  EXPECT_EQ(shorten("äöü", 3), "äöü");
  EXPECT_EQ(shorten("äöüß", 3), "äö…");
}

TEST(Units, HaveThreeDigits) {
  EXPECT_EQ(format_seconds(1.2345), "1.23 s");
  EXPECT_EQ(format_seconds(0.0456), "45.6 ms");
  EXPECT_EQ(format_seconds(0), "0 µs");
  EXPECT_EQ(format_bytes(1536), "1.50 KiB");
  EXPECT_EQ(format_bytes(300.0 * 1024 * 1024), "300 MiB");
}

TEST(Units, CountsAreInGroupsOfThree) {
  EXPECT_EQ(format_count(7), "7");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(Units, SizesAreExact) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(96), "96 B");
  EXPECT_EQ(format_size(1280), "1.25 KiB");
}

TEST(Units, NoRatioIsADash) {
  EXPECT_EQ(format_ratio(0.934), "0.93×");
  EXPECT_EQ(format_ratio(std::numeric_limits<double>::quiet_NaN()), "–");
}

TEST(TextTable, AlignsByCharacters) {
  TextTable table;
  table.add_row({"name", "µs"});
  table.add_rule();
  table.add_row({"x", "12.0"});
  EXPECT_EQ(table.render(), "  name     µs\n  ───────────\n  x      12.0\n");
}

TEST(LastLines, AreTheLast) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "    b\n    c\n");
  EXPECT_EQ(last_lines("a", 5), "    a\n");
  EXPECT_EQ(last_lines("", 5), "");
}

TEST(ProgressLine, TellsStepAndTimeLeft) {
  EXPECT_EQ(progress_line(0, 4, 0, "system, warm-up"), "┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄ 1/4  system, warm-up");
  EXPECT_EQ(progress_line(2, 4, 10, "x"), "━━━━━━━━━━━━┄┄┄┄┄┄┄┄┄┄┄┄ 3/4  x  about 10 s left");
}

}  // namespace
}  // namespace cenote::cli
