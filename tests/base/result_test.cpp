#include <memory>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include <cenote/result.hpp>

namespace cenote {
namespace {

TEST(Result, HoldsAValue) {
  Result<int> result{7};
  ASSERT_TRUE(result);
  EXPECT_TRUE(result.has_value());
  EXPECT_EQ(*result, 7);
  EXPECT_EQ(result.value(), 7);
  EXPECT_EQ(result.value_or(3), 7);
}

TEST(Result, HoldsAnErrorInstead) {
  const Result<int> result{AllocError::exhausted};
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), AllocError::exhausted);
  EXPECT_EQ(result.value_or(3), 3);
}

template <class T>
void make_of_no_error() {
  static_cast<void>(Result<T>{AllocError{}});
}

TEST(ResultDeathTest, CannotBeMadeOfAnErrorThatIsNone) {
  EXPECT_DEATH(make_of_no_error<int*>(), "AllocError\\{\\} is none");
  EXPECT_DEATH(make_of_no_error<std::string>(), "AllocError\\{\\} is none");
  EXPECT_DEATH(make_of_no_error<void>(), "AllocError\\{\\} is none");
}

TEST(Result, ValueThrowsTheErrorWhenThereIsNone) {
  const Result<std::string> result{AllocError::limit_reached};
  try {
    static_cast<void>(result.value());
    FAIL() << "no exception";
  } catch (const AllocFailure& failure) {
    EXPECT_EQ(failure.error(), AllocError::limit_reached);
  }
}

TEST(Result, MovesWhatCannotBeCopied) {
  Result<std::unique_ptr<int>> first{std::make_unique<int>(5)};
  Result<std::unique_ptr<int>> second{std::move(first)};
  ASSERT_TRUE(second);
  EXPECT_EQ(**second, 5);
  const std::unique_ptr<int> out = std::move(second).value();
  EXPECT_EQ(*out, 5);
  EXPECT_EQ(Result<std::unique_ptr<int>>{AllocError::zero_size}.value_or(nullptr), nullptr);
}

TEST(Result, AssignmentChangesBetweenValueAndError) {
  Result<std::unique_ptr<int>> result{AllocError::exhausted};
  result = std::make_unique<int>(9);
  ASSERT_TRUE(result);
  EXPECT_EQ(**result, 9);
  result = AllocError::double_free;
  EXPECT_EQ(result.error(), AllocError::double_free);
}

struct Counted {
  Counted() { ++live; }
  Counted(const Counted&) { ++live; }
  ~Counted() { --live; }
  static inline int live = 0;
};

TEST(Result, DestroysItsValueOnce) {
  {
    const Result<Counted> result{Counted{}};
    Result<Counted> copy{result};
    EXPECT_EQ(Counted::live, 2);
    copy = AllocError::exhausted;
    EXPECT_EQ(Counted::live, 1);
    copy = Counted{};
    EXPECT_EQ(Counted::live, 2);
  }
  EXPECT_EQ(Counted::live, 0);
}

TEST(Result, ArrowReachesIntoTheValue) {
  Result<std::string> result{"cenote"};
  EXPECT_EQ(result->size(), 6U);
  result->clear();
  EXPECT_TRUE(result->empty());
}

TEST(Result, OfAPointerIsTrivial) {
  static_assert(std::is_trivially_copy_constructible_v<Result<void*>>);
  static_assert(std::is_trivially_destructible_v<Result<void*>>);
  static_assert(sizeof(Result<void*>) == 2 * sizeof(void*));
  static_assert(!std::is_copy_constructible_v<Result<std::unique_ptr<int>>>);
}

TEST(Result, OfNothingIsSuccessOrAnError) {
  const Result<void> done;
  EXPECT_TRUE(done);
  EXPECT_NO_THROW(done.value());
  const Result<void> failed{AllocError::foreign_block};
  EXPECT_FALSE(failed);
  EXPECT_EQ(failed.error(), AllocError::foreign_block);
  EXPECT_THROW(failed.value(), AllocFailure);
}

}  // namespace
}  // namespace cenote
