#include <string>

#include <gtest/gtest.h>

#include <cenote/version.hpp>

namespace cenote {
namespace {

TEST(Version, OfTheLibraryIsThatOfTheHeaders) {
  EXPECT_EQ(version(), std::to_string(CENOTE_VERSION_MAJOR) + '.' + std::to_string(CENOTE_VERSION_MINOR) +
                           '.' + std::to_string(CENOTE_VERSION_PATCH));
  EXPECT_STREQ(version(), CENOTE_VERSION_STRING);
}

}  // namespace
}  // namespace cenote
