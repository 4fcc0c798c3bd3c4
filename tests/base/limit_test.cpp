#include <gtest/gtest.h>

#include <cenote/handlers.hpp>

#include "support/limit_recorder.hpp"

namespace cenote {
namespace {

void ignore(const LimitEvent&) noexcept {}

#if GTEST_HAS_STREAM_REDIRECTION
std::string printed(const LimitEvent& event) {
  testing::internal::CaptureStderr();
  report_limit(event);
  return testing::internal::GetCapturedStderr();
}

TEST(LimitHandler, TheDefaultPrintsOneLineThatNamesWhoseWhatAndTheRemedy) {
  const std::string rest =
      "1100 bytes held, above the limit of 1000: free some, or raise the limit (cenote stats shows who holds "
      "them)\n";
  EXPECT_EQ(printed({LimitScope::heap, "parser", 1100, 1000}), "cenote: heap \"parser\": " + rest);
  EXPECT_EQ(printed({LimitScope::name, "parser", 1100, 1000}), "cenote: pools named \"parser\": " + rest);
  EXPECT_EQ(printed({LimitScope::process, "process", 1100, 1000}), "cenote: process: " + rest);
  EXPECT_EQ(printed({LimitScope::heap, "", 1100, 1000}), "cenote: heap \"\": " + rest);
}
#endif

TEST(LimitHandler, TheOneInForceHearsOfIt) {
  test::LimitRecorder recorder;
  report_limit({LimitScope::heap, "parser", 1100, 1000});
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].name, "parser");
  EXPECT_EQ(records[0].bytes_held, 1100U);
}

TEST(LimitHandler, SettingOneReturnsTheOneBefore) {
  const LimitHandler standard = set_limit_handler(&ignore);
  EXPECT_NE(standard, nullptr);
  EXPECT_EQ(set_limit_handler(nullptr), &ignore) << "null restores the default";
  EXPECT_EQ(set_limit_handler(&ignore), standard);
  EXPECT_EQ(set_limit_handler(standard), &ignore);
}

}  // namespace
}  // namespace cenote
