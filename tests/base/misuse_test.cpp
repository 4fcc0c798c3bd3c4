#include <gtest/gtest.h>

#include <cenote/detail/check.hpp>
#include <cenote/handlers.hpp>

#include "support/aborts.hpp"
#include "support/misuse_recorder.hpp"

namespace cenote {
namespace {

TEST(Misuse, ReachesTheHandlerInForce) {
  test::MisuseRecorder recorder;
  int address = 0;
  report_misuse({AllocError::double_free, &address, "pool"});
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].error, AllocError::double_free);
  EXPECT_EQ(records[0].address, &address);
  EXPECT_EQ(records[0].pool, "pool");
}

TEST(Misuse, TheHandlerBeforeComesBackWhenAnotherIsSet) {
  const MisuseHandler mine = [](const Misuse&) noexcept {};
  const MisuseHandler before = set_misuse_handler(mine);
  EXPECT_NE(before, nullptr);
  EXPECT_EQ(set_misuse_handler(before), mine);
}

TEST(Misuse, NullRestoresTheDefault) {
  const MisuseHandler standard = set_misuse_handler([](const Misuse&) noexcept {});
  set_misuse_handler(nullptr);
  EXPECT_EQ(set_misuse_handler(nullptr), standard);
}

TEST(MisuseDeathTest, TheDefaultPrintsErrorAddressAndPoolOnOneLineAndAborts) {
  set_misuse_handler(nullptr);
  const auto* const address = reinterpret_cast<const void*>(std::uintptr_t{0xabc0});
  EXPECT_EXIT(report_misuse({AllocError::foreign_block, address, "orders"}), test::by_abort(),
              "^cenote: foreign_block: 0xabc0 in pool .orders.\\s");
}

TEST(MisuseDeathTest, TheLineOfTheDefaultStaysOneLineWhateverTheNameOfThePool) {
  set_misuse_handler(nullptr);
  const auto* const address = reinterpret_cast<const void*>(std::uintptr_t{0xabc0});
  EXPECT_EXIT(report_misuse({AllocError::foreign_block, address, "a\nERROR\x1b[31m"}), test::by_abort(),
              "^cenote: foreign_block: 0xabc0 in pool .a.nERROR.x1b.31m.\\s");
}

TEST(CheckDeathTest, ABrokenHeapIsReportedWithItsPlaceAndTheProgramEnds) {
  EXPECT_EXIT(CENOTE_CHECK(1 == 2, "sums"), test::by_abort(), "misuse_test.cpp:.*sums.*1 == 2");
  CENOTE_CHECK(true, "nothing happens");
}

}  // namespace
}  // namespace cenote
