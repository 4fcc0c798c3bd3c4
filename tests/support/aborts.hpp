/// How a program ends that abort() ends.
#pragma once

#include <csignal>

#include <gtest/gtest.h>

namespace cenote::test {

#if defined(_WIN32)
inline testing::ExitedWithCode by_abort() { return testing::ExitedWithCode{3}; }
#else
inline testing::KilledBySignal by_abort() { return testing::KilledBySignal{SIGABRT}; }
#endif

}  // namespace cenote::test
