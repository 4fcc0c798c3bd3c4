#include "pool_support/wished_limit.hpp"

#include <cstdlib>

#include <gtest/gtest.h>

#include <cenote/limits.hpp>

#include "pool_support/named_budgets.hpp"

namespace cenote {
namespace {

TEST(ByteText, TakesSuffixesWithAndWithoutLetters) {
  EXPECT_EQ(bytes_of_text("67108864"), 67'108'864U);
  for (const char* const same : {"65536K", "65536KiB", "64M", "64MiB"})
    EXPECT_EQ(bytes_of_text(same), 67'108'864U);
  EXPECT_EQ(bytes_of_text("3T"), std::uint64_t{3} << 40);
  for (const char* const wrong : {"", "M", "MiB", "-1", "1.5G", "64 M", "64MB", "64m", "12x",
                                  "99999999999999T", "0", "99999999999999999999"})
    EXPECT_EQ(bytes_of_text(wrong), 0U) << wrong;
}

TEST(WishedLimit, IsThatOfTheNameAlone) {
  const char* const options = "hardening=full:limit.parser=64MiB:limit=1G:limit.pars=3";
  EXPECT_EQ(wished_limit(options, "parser").bytes, std::size_t{64} << 20);
  EXPECT_EQ(wished_limit(options, "pars").bytes, 3U);
  EXPECT_EQ(wished_limit(options, "").bytes, 0U);
  EXPECT_EQ(wished_limit(options, "parsers").bytes, 0U);
  EXPECT_EQ(wished_limit(nullptr, "parser").bytes, 0U);
  EXPECT_EQ(wished_limit(options, "parser").action, LimitAction::refuse);
  EXPECT_EQ(wished_limit("limit.parser=1:limit_action=report", "parser").action, LimitAction::report);
}

#if GTEST_HAS_STREAM_REDIRECTION
TEST(WishedLimit, ThatIsNoSizeIsOneLineThatNamesIt) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(wished_limit("limit.parser=much", "parser").bytes, 0U);
  EXPECT_EQ(
      testing::internal::GetCapturedStderr(),
      "cenote: CENOTE_OPTIONS: bad value \"much\" for limit.parser ignored; it takes bytes, like 64MiB\n");
}
#endif

#if defined(__linux__)
TEST(WishedLimit, IsSetWhenTheFirstHeapOfTheNameComes) {
  ::setenv("CENOTE_OPTIONS", "limit.wished=5000:limit_action=report", 1);
  Budget* const budget = &named_budgets::join("wished");
  ::unsetenv("CENOTE_OPTIONS");
  EXPECT_EQ(budget->limit(), 5000U);
  EXPECT_EQ(budget->action(), LimitAction::report);
  named_budgets::leave(*budget);
  ASSERT_TRUE(set_limit("wished", 0));
}
#endif

}  // namespace
}  // namespace cenote
