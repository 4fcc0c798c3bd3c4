/// Limits by name and of the process, without heaps: what joins and leaves.
#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <cenote/limits.hpp>

#include "pool_support/named_budgets.hpp"
#include "support/limit_recorder.hpp"

namespace cenote {
namespace {

TEST(NamedBudgets, AllOfOneNameShareOne) {
  Budget* const first = &named_budgets::join("shared name");
  EXPECT_EQ(&named_budgets::join("shared name"), first);
  Budget* const other = &named_budgets::join("shared nam");
  EXPECT_NE(other, first);
  EXPECT_TRUE(first->is_within(g_process_budget));
  for (Budget* const budget : {first, first, other}) named_budgets::leave(*budget);
}

TEST(NamedBudgets, TheEmptyNameIsTheProcess) {
  EXPECT_EQ(&named_budgets::join(""), &g_process_budget);
  named_budgets::leave(g_process_budget);
  EXPECT_EQ(set_limit("", 100).error(), AllocError::bad_option);
}

TEST(NamedBudgets, TheProcessesOwnHeapIsNamedMalloc) {
  EXPECT_EQ(&named_budgets::join("malloc"), &named_budgets::g_malloc.budget);
  named_budgets::leave(named_budgets::g_malloc.budget);
  EXPECT_EQ(&named_budgets::join("malloc"), &named_budgets::g_malloc.budget) << "it stays";
  named_budgets::leave(named_budgets::g_malloc.budget);
}

TEST(NamedBudgets, ALongNameIsCutAsPoolsNamesAre) {
  const std::string cut(63, 'x');
  Budget* const budget = &named_budgets::join(cut + "rest");
  EXPECT_EQ(budget->name(), cut);
  EXPECT_EQ(&named_budgets::join(cut), budget);
  named_budgets::leave(*budget);
  named_budgets::leave(*budget);
}

TEST(NamedBudgets, ALimitOutlivesTheHeapsOfItsName) {
  ASSERT_TRUE(set_limit("comes and goes", 1000, LimitAction::report));
  for (int i = 0; i < 2; ++i) {
    Budget* const budget = &named_budgets::join("comes and goes");
    EXPECT_EQ(budget->limit(), 1000U);
    EXPECT_EQ(budget->action(), LimitAction::report);
    named_budgets::leave(*budget);
  }
  ASSERT_TRUE(set_limit("comes and goes", 0));
  EXPECT_EQ(limit_of("comes and goes").bytes_limit, 0U);
  Budget* const fresh = &named_budgets::join("comes and goes");
  EXPECT_EQ(fresh->limit(), 0U);
  EXPECT_EQ(fresh->action(), LimitAction::refuse) << "nothing is left of the one before";
  named_budgets::leave(*fresh);
}

TEST(NamedBudgets, MemoryOfNamesThatNobodyHasIsUsedAgain) {
  Budget* const first = &named_budgets::join("only once");
  named_budgets::leave(*first);
  Budget* const second = &named_budgets::join("only twice");
  EXPECT_EQ(second, first);
  EXPECT_STREQ(second->name(), "only twice");
  named_budgets::leave(*second);
}

TEST(Limits, AreToldBack) {
  EXPECT_EQ(limit_of("never heard of").bytes_limit, 0U);
  ASSERT_TRUE(set_limit("told", 5000));
  Budget* const budget = &named_budgets::join("told");
  ASSERT_TRUE(budget->charge(4000));
  EXPECT_EQ(limit_of("told").bytes_held, 4000U);
  EXPECT_EQ(limit_of("told").bytes_limit, 5000U);
  EXPECT_FALSE(budget->charge(1001));
  budget->uncharge(4000);
  named_budgets::leave(*budget);
  ASSERT_TRUE(set_limit("told", 0));

  set_process_limit(SIZE_MAX / 2, LimitAction::report);
  EXPECT_EQ(process_limit().action, LimitAction::report);
  EXPECT_EQ(process_limit().bytes_limit, SIZE_MAX / 2);
  set_process_limit(0);
  EXPECT_EQ(process_limit().bytes_limit, 0U);
}

TEST(PoolBudget, UnchargesAtItsEndWhatIsLeft) {
  {
    detail::PoolBudget budget{"one pool"};
    ASSERT_TRUE(budget.charge(100));
    budget.uncharge(30);
    EXPECT_EQ(budget.charged(), 70U);
    EXPECT_EQ(limit_of("one pool").bytes_held, 70U);
    detail::PoolBudget moved{std::move(budget)};
    detail::PoolBudget assigned;
    assigned = std::move(moved);
    EXPECT_EQ(assigned.charged(), 70U);
    EXPECT_EQ(limit_of("one pool").bytes_held, 70U);
    ASSERT_TRUE(set_limit("one pool", 99));
    EXPECT_FALSE(assigned.charge(30));
    EXPECT_EQ(assigned.charged(), 70U);
    EXPECT_TRUE(assigned.charge(29));
  }
  EXPECT_EQ(limit_of("one pool").bytes_held, 0U);
  ASSERT_TRUE(set_limit("one pool", 0));
}

TEST(PoolBudget, ACopySharesTheNameAndChargesNothing) {
  detail::PoolBudget first{"two pools"};
  ASSERT_TRUE(first.charge(100));
  {
    const detail::PoolBudget second{first};
    EXPECT_EQ(&second.shared(), &first.shared());
    EXPECT_EQ(second.charged(), 0U);
  }
  EXPECT_EQ(limit_of("two pools").bytes_held, 100U) << "the name is still there";
}

TEST(PoolBudget, ReportsWhatItHasPassedWhenItIsAsked) {
  test::LimitRecorder recorder;
  ASSERT_TRUE(set_limit("reporting", 100, LimitAction::report));
  detail::PoolBudget budget{"reporting"};
  {
    const detail::LimitReporter reporter{budget};
    ASSERT_TRUE(budget.charge(101));
    EXPECT_TRUE(recorder.take().empty());
  }
  const auto records = recorder.take();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].bytes_held, 101U);
  budget.report_passed();
  EXPECT_TRUE(recorder.take().empty()) << "once";
  ASSERT_TRUE(set_limit("reporting", 0));
}

}  // namespace
}  // namespace cenote
