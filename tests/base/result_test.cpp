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

constexpr Result<int> half(int number) {
  if (number % 2 != 0) return AllocError::size_mismatch;
  return number / 2;
}

TEST(Result, WorksInConstantExpressions) {
  static_assert(Result<int>{7}.value() == 7);
  static_assert(Result<int>{AllocError::exhausted}.error() == AllocError::exhausted);
  static_assert(half(8).and_then(half).and_then(half).value() == 1);
  static_assert(Result<void>{}.has_value());
  static_assert([] {
    Result<std::unique_ptr<int>*> result{AllocError::exhausted};
    result = static_cast<std::unique_ptr<int>*>(nullptr);
    return result.has_value();
  }());
}

TEST(Result, AndThenCallsForAValueOnly) {
  EXPECT_EQ(half(12).and_then(half), Result<int>{3});
  EXPECT_EQ(half(6).and_then(half).error(), AllocError::size_mismatch);
  EXPECT_EQ(Result<int>{AllocError::exhausted}.and_then(half).error(), AllocError::exhausted);
  const Result<void> done = half(4).and_then([](int) { return Result<void>{AllocError::unsupported}; });
  EXPECT_EQ(done.error(), AllocError::unsupported);
  EXPECT_EQ(Result<void>{}.and_then([] { return half(2); }), Result<int>{1});
  EXPECT_EQ(Result<void>{AllocError::exhausted}.and_then([] { return half(2); }).error(),
            AllocError::exhausted);
}

TEST(Result, AndThenMovesTheValueOutOfATemporary) {
  const auto result = Result<std::unique_ptr<int>>{std::make_unique<int>(5)}.and_then(
      [](std::unique_ptr<int> owner) { return Result<int>{*owner}; });
  EXPECT_EQ(result, Result<int>{5});
}

TEST(Result, TransformWrapsWhatTheFunctionReturns) {
  EXPECT_EQ(half(8).transform([](int number) { return std::to_string(number); }), Result<std::string>{"4"});
  EXPECT_EQ(half(7).transform([](int) { return 1; }).error(), AllocError::size_mismatch);
  int calls = 0;
  const Result<void> done = half(8).transform([&](int) { ++calls; });
  EXPECT_TRUE(done);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(Result<void>{}.transform([] { return 2; }), Result<int>{2});
  EXPECT_FALSE(Result<void>{AllocError::exhausted}.transform([&] { ++calls; }));
  EXPECT_EQ(calls, 1);
}

TEST(Result, OrElseCallsForAnErrorOnly) {
  const auto if_exhausted = [](AllocError error) -> Result<int> {
    if (error == AllocError::exhausted) return 0;
    return error;
  };
  EXPECT_EQ(Result<int>{AllocError::exhausted}.or_else(if_exhausted), Result<int>{0});
  EXPECT_EQ(Result<int>{AllocError::zero_size}.or_else(if_exhausted).error(), AllocError::zero_size);
  EXPECT_EQ(Result<int>{3}.or_else(if_exhausted), Result<int>{3});
  EXPECT_TRUE(Result<void>{AllocError::exhausted}.or_else([](AllocError) { return Result<void>{}; }));
}

TEST(Result, IsEqualWithEqualValuesOrTheSameError) {
  EXPECT_EQ(half(8), half(8));
  EXPECT_NE(half(8), half(6));
  EXPECT_EQ(half(7), Result<int>{AllocError::size_mismatch});
  EXPECT_NE(half(7), half(8));
  EXPECT_NE(Result<int>{AllocError::exhausted}, Result<int>{AllocError::zero_size});
  EXPECT_NE(Result<void>{}, Result<void>{AllocError::zero_size});
}

TEST(Result, TravelsAsAnErrorCode) {
  EXPECT_EQ(half(7).error_code(), make_error_code(AllocError::size_mismatch));
  EXPECT_FALSE(half(8).error_code());
  EXPECT_EQ(Result<void>{AllocError::exhausted}.error_code(), AllocError::exhausted);
  EXPECT_FALSE(Result<void>{}.error_code());
}

#if defined(__cpp_lib_expected)
TEST(Result, ConvertsToExpected) {
  const std::expected<int, AllocError> value = half(8), error = half(7);
  EXPECT_EQ(value.value(), 4);
  EXPECT_EQ(error.error(), AllocError::size_mismatch);
  const std::expected<void, AllocError> nothing = Result<void>{AllocError::exhausted};
  EXPECT_EQ(nothing.error(), AllocError::exhausted);
}
#endif

}  // namespace
}  // namespace cenote
