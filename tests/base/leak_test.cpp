#include <string>

#include <gtest/gtest.h>

#include <cenote/handlers.hpp>

#include "support/leak_recorder.hpp"

namespace cenote {
namespace {

void ignore(std::string_view, std::size_t) noexcept {}

#if GTEST_HAS_STREAM_REDIRECTION
TEST(Leak, TheDefaultPrintsOneLineWithNameAndNumber) {
  testing::internal::CaptureStderr();
  report_leak("packets", 12);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "cenote: pool \"packets\" destroyed with 12 blocks in use\n");
  testing::internal::CaptureStderr();
  report_leak("", 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "cenote: pool \"\" destroyed with 1 block in use\n");
  testing::internal::CaptureStderr();
  report_leak("a\nERROR\x1b[31m", 1);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "cenote: pool \"a\\nERROR\\x1b[31m\" destroyed with 1 block in use\n");
}
#endif

TEST(Leak, TheHandlerInForceHearsOfIt) {
  test::LeakRecorder recorder;
  report_leak(std::string_view{"packets", 4}, 3);
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].pool, "pack");
  EXPECT_EQ(records[0].blocks, 3U);
}

TEST(Leak, SettingAHandlerReturnsTheOneBefore) {
  const LeakHandler standard = set_leak_handler(&ignore);
  EXPECT_NE(standard, nullptr);
  EXPECT_EQ(set_leak_handler(nullptr), &ignore) << "null restores the default";
  EXPECT_EQ(set_leak_handler(&ignore), standard);
  EXPECT_EQ(set_leak_handler(standard), &ignore);
}

}  // namespace
}  // namespace cenote
