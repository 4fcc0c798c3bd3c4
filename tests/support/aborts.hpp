/// How a program ends that abort() ends. Where the tests can start no other program, EXPECT_DEATH and
/// EXPECT_EXIT skip the test.
#pragma once

#include <gtest/gtest.h>

#if defined(GTEST_HAS_DEATH_TEST)
#include <csignal>
#endif

#if !defined(GTEST_HAS_DEATH_TEST)
#define EXPECT_EXIT(statement, ending, text)                        \
  if (testing::internal::AlwaysTrue()) {                            \
    GTEST_SKIP() << "no program can be started here to see it end"; \
  } else if (testing::internal::AlwaysFalse()) {                    \
    statement;                                                      \
  } else                                                            \
    testing::Message {}
#define EXPECT_DEATH(statement, text) EXPECT_EXIT(statement, , text)
#endif

namespace cenote::test {

#if defined(_WIN32)
inline testing::ExitedWithCode by_abort() { return testing::ExitedWithCode{3}; }
#elif defined(GTEST_HAS_DEATH_TEST)
inline testing::KilledBySignal by_abort() { return testing::KilledBySignal{SIGABRT}; }
#endif

}  // namespace cenote::test
