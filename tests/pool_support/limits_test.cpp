/// Limits by name and of the process, without heaps: what joins and leaves.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <cenote/limits.hpp>

#include "pool_support/named_budgets.hpp"

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

}  // namespace
}  // namespace cenote
