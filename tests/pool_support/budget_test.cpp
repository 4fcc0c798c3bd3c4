#include <algorithm>
#include <atomic>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/detail/budget.hpp>

#include "support/limit_recorder.hpp"
#include "support/threads.hpp"

namespace cenote::test {
namespace {

/// A process, a name, and two heaps of that name.
struct Chain {
  Budget process{LimitScope::process, "process", nullptr};
  Budget name{LimitScope::name, "both", &process};
  Budget first{LimitScope::heap, "first", &name};
  Budget second{LimitScope::heap, "second", &name};
};

TEST(Budget, WithoutALimitTakesEverythingAtEveryLevel) {
  Chain chain;
  EXPECT_TRUE(chain.first.charge(100));
  EXPECT_TRUE(chain.second.charge(50));
  EXPECT_EQ(chain.first.held(), 100U);
  EXPECT_EQ(chain.name.held(), 150U);
  EXPECT_EQ(chain.process.held(), 150U);
  chain.first.uncharge(100);
  EXPECT_EQ(chain.name.held(), 50U);
  EXPECT_EQ(chain.process.held(), 50U);
}

TEST(Budget, IsFilledToTheLastByteAndNotAByteFurther) {
  Chain chain;
  chain.first.set_limit(100, LimitAction::refuse);
  EXPECT_TRUE(chain.first.charge(60));
  EXPECT_FALSE(chain.first.charge(41));
  EXPECT_TRUE(chain.first.charge(40));
  EXPECT_FALSE(chain.first.charge(1));
  EXPECT_FALSE(chain.first.charge(SIZE_MAX));
  EXPECT_TRUE(chain.first.charge(0));
  EXPECT_EQ(chain.first.held(), 100U);
}

TEST(Budget, ARefusalAtAnyLevelChangesNoLevel) {
  Chain chain;
  for (Budget* const limited : {&chain.first, &chain.name, &chain.process}) {
    limited->set_limit(100, LimitAction::refuse);
    EXPECT_FALSE(chain.first.charge(101)) << limited->name();
    for (const Budget* const budget : {&chain.first, &chain.name, &chain.process})
      EXPECT_EQ(budget->held(), 0U) << budget->name() << ", refused by " << limited->name();
    EXPECT_EQ(chain.first.refuser_of(101), limited);
    EXPECT_EQ(chain.first.refuser_of(100), nullptr);
    limited->set_limit(0, LimitAction::refuse);
  }
}

TEST(Budget, WhatOneHeapHoldsOfASharedLimitAnotherCannot) {
  Chain chain;
  chain.name.set_limit(100, LimitAction::refuse);
  EXPECT_TRUE(chain.first.charge(70));
  EXPECT_FALSE(chain.second.charge(31));
  chain.first.uncharge(70);
  EXPECT_TRUE(chain.second.charge(100));
}

TEST(Budget, ALimitBelowWhatIsHeldRefusesUntilEnoughIsBack) {
  Chain chain;
  ASSERT_TRUE(chain.first.charge(100));
  chain.first.set_limit(50, LimitAction::refuse);
  EXPECT_EQ(chain.first.held(), 100U);
  EXPECT_FALSE(chain.first.charge(1));
  chain.first.uncharge(60);
  EXPECT_TRUE(chain.first.charge(10));
  EXPECT_FALSE(chain.first.charge(1));
}

TEST(Budget, APassingIsReportedFirstThenAtEachDoublingOfTheExcessAndAnewAfterItFell) {
  Chain chain;
  LimitRecorder recorder;
  chain.name.set_limit(100, LimitAction::report);
  const auto charge = [&](std::size_t bytes) {
    while (!chain.first.charge(bytes)) {
      if (!chain.first.report_passing(bytes)) return false;
    }
    return true;
  };
  EXPECT_TRUE(charge(100));
  EXPECT_TRUE(recorder.take().empty());
  EXPECT_TRUE(charge(10));
  const auto first = recorder.take();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].scope, LimitScope::name);
  EXPECT_EQ(first[0].name, "both");
  EXPECT_EQ(first[0].bytes_held, 110U);
  EXPECT_EQ(first[0].bytes_limit, 100U);
  EXPECT_TRUE(charge(9));
  EXPECT_TRUE(recorder.take().empty()) << "19 above";
  EXPECT_TRUE(charge(1));
  EXPECT_EQ(recorder.take().size(), 1U) << "20 above";
  EXPECT_TRUE(charge(19));
  EXPECT_TRUE(recorder.take().empty()) << "39 above";
  chain.first.uncharge(39);
  EXPECT_TRUE(charge(1));
  EXPECT_EQ(recorder.take().size(), 1U) << "it had fallen to the limit";
  EXPECT_EQ(chain.first.held(), 101U);
}

TEST(Budget, AReportingLimitBelowARefusingOneReportsNothingThatIsRefused) {
  Chain chain;
  LimitRecorder recorder;
  chain.process.set_limit(100, LimitAction::refuse);
  EXPECT_FALSE(chain.first.charge(101));
  EXPECT_FALSE(chain.first.report_passing(101));
  EXPECT_TRUE(recorder.take().empty());
}

TEST(Budget, IsWithinItselfAndThoseAbove) {
  const Chain chain;
  EXPECT_TRUE(chain.first.is_within(chain.first));
  EXPECT_TRUE(chain.first.is_within(chain.process));
  EXPECT_FALSE(chain.first.is_within(chain.second));
  EXPECT_FALSE(chain.process.is_within(chain.first));
}

// Each charges and gives back at random, and looks: no level is ever seen above a limit.
TEST(Budget, ThreadsNeverPassALimitAtAnyLevelAndLoseNothing) {
  Chain chain;
  chain.first.set_limit(300, LimitAction::refuse);
  chain.name.set_limit(500, LimitAction::refuse);
  chain.process.set_limit(450, LimitAction::refuse);
  std::atomic<std::size_t> granted{0}, refused{0};
  std::atomic<bool> over{false};
  const auto work = [&](Budget& budget, std::uint64_t seed) {
    for (int i = 0; i < 20'000; ++i) {
      seed = seed * 6364136223846793005U + 1442695040888963407U;
      const std::size_t bytes = 1 + (seed >> 33) % 320;
      const bool got = budget.charge(bytes);
      (got ? granted : refused).fetch_add(1, std::memory_order_relaxed);
      if (chain.first.held() > 300 || chain.name.held() > 450 || chain.process.held() > 450) over = true;
      if (got) budget.uncharge(bytes);
    }
  };
  std::vector<Thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] { work(t % 2 == 0 ? chain.first : chain.second, t + 1); });
  for (Thread& thread : threads) thread.join();
  EXPECT_FALSE(over);
  EXPECT_GT(granted, 0U);
  EXPECT_GT(refused, 0U);
  for (const Budget* const budget : {&chain.first, &chain.second, &chain.name, &chain.process})
    EXPECT_EQ(budget->held(), 0U) << budget->name();
}

TEST(Budget, WhatIsRefusedToOneThreadIsNotHeldAgainstAnother) {
  Chain chain;
  chain.process.set_limit(100, LimitAction::refuse);
  std::atomic<bool> wrong{false};
  const auto ask = [&](Budget& budget, std::size_t bytes, bool expected) {
    for (int i = 0; i < 50'000; ++i) {
      const bool got = budget.charge(bytes);
      if (got != expected) wrong = true;
      if (got) budget.uncharge(bytes);
    }
  };
  Thread giant{[&] { ask(chain.first, 101, false); }};
  Thread dwarf{[&] { ask(chain.second, 100, true); }};
  giant.join();
  dwarf.join();
  EXPECT_FALSE(wrong);
}

#if !defined(__wasi__)
TEST(Budget, FullBudgetsRefuseUnderThreads) {
  Chain chain;
  chain.name.set_limit(1000, LimitAction::refuse);
  std::vector<Thread> threads;
  std::atomic<std::size_t> taken{0};
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Budget& budget = t % 2 == 0 ? chain.first : chain.second;
      while (budget.charge(7)) taken.fetch_add(7, std::memory_order_relaxed);
    });
  }
  for (Thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 994U) << "as many pieces of 7 as there are in 1000";
  EXPECT_EQ(chain.name.held(), 994U);
  EXPECT_EQ(chain.first.held() + chain.second.held(), 994U);
}

// The first limit of a process is set while others charge without a lock: what was charged before it counts,
// nothing passes it later.
TEST(Budget, ALimitHoldsFromTheMomentItIsSet) {
  for (int round = 0; round < 200; ++round) {
    Chain chain;
    std::atomic<bool> stop{false};
    Thread other{[&] {
      while (!stop.load(std::memory_order_relaxed)) {
        if (chain.first.charge(10) && chain.first.held() > 4000) stop = true;
      }
    }};
    chain.first.set_limit(2000, LimitAction::refuse);
    const std::size_t most = std::max<std::size_t>(chain.first.held(), 2000);
    for (int i = 0; i < 100; ++i) EXPECT_LE(chain.first.held(), most);
    stop = true;
    other.join();
  }
}
#endif

}  // namespace
}  // namespace cenote::test
