#include <array>
#include <new>
#include <string>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include <cenote/result.hpp>

namespace cenote {
namespace {

constexpr std::array<std::pair<AllocError, const char*>, 11> kNames{{
    {AllocError::zero_size, "zero_size"},
    {AllocError::too_large, "too_large"},
    {AllocError::bad_alignment, "bad_alignment"},
    {AllocError::exhausted, "exhausted"},
    {AllocError::limit_reached, "limit_reached"},
    {AllocError::out_of_memory, "out_of_memory"},
    {AllocError::foreign_block, "foreign_block"},
    {AllocError::double_free, "double_free"},
    {AllocError::size_mismatch, "size_mismatch"},
    {AllocError::bad_option, "bad_option"},
    {AllocError::unsupported, "unsupported"},
}};

TEST(AllocError, IsNamedByItsEnumerator) {
  int value = 1;
  for (const auto& [error, name] : kNames) {
    EXPECT_STREQ(to_string(error), name);
    EXPECT_EQ(static_cast<int>(error), value++);
  }
}

TEST(AllocError, OutsideTheEnumerationHasANameToo) {
  EXPECT_STREQ(to_string(AllocError{}), "unknown");
  EXPECT_STREQ(to_string(static_cast<AllocError>(255)), "unknown");
}

TEST(AllocError, TravelsAsAnErrorCode) {
  for (const auto& [error, name] : kNames) {
    const std::error_code code = error;  // is_error_code_enum
    EXPECT_EQ(code.value(), static_cast<int>(error));
    EXPECT_STREQ(code.category().name(), "cenote");
    EXPECT_FALSE(code.message().empty()) << name;
    EXPECT_TRUE(code);
  }
  EXPECT_EQ(make_error_code(AllocError::exhausted), std::error_code{AllocError::exhausted});
  EXPECT_NE(make_error_code(AllocError::exhausted), make_error_code(AllocError::zero_size));
}

TEST(AllocFailure, IsABadAllocThatNamesItsError) {
  for (const auto& [error, name] : kNames) {
    const AllocFailure failure{error};
    const std::bad_alloc& base = failure;
    EXPECT_EQ(failure.error(), error);
    EXPECT_NE(std::string{base.what()}.find(name), std::string::npos);
  }
}

TEST(AllocFailure, OfABadOptionNamesTheOptionAndWhatIsWrong) {
  const AllocFailure failure{"block_size", "is not a multiple of 8"};
  EXPECT_EQ(failure.error(), AllocError::bad_option);
  EXPECT_STREQ(failure.what(), "bad_option: block_size is not a multiple of 8");
}

TEST(AllocFailure, CutsATextThatDoesNotFit) {
  const AllocFailure failure{std::string(500, 'o').c_str(), "is too long"};
  EXPECT_LT(std::string{failure.what()}.size(), 200U);
}

}  // namespace
}  // namespace cenote
