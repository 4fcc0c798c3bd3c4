#include "os/process.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include <cenote/detail/system.hpp>

namespace cenote::os {
namespace {

TEST(Process, PagesAreTheKernels) {
  EXPECT_EQ(page_bytes(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

TEST(Process, ReadsTheEnvironment) {
  ASSERT_TRUE(environment_ready());
  ::setenv("CENOTE_TEST_VARIABLE", "value", 1);
  EXPECT_STREQ(environment("CENOTE_TEST_VARIABLE"), "value");
  EXPECT_EQ(environment("CENOTE_TEST_NO_SUCH_VARIABLE"), nullptr);
}

TEST(Process, ASharedFileHoldsWhatIsWrittenToIt) {
  const std::string directory = testing::TempDir();
  auto* const bytes = static_cast<char*>(map_shared_file(directory.c_str(), "cenote_test", 4096));
  ASSERT_NE(bytes, nullptr);
  bytes[0] = 'x';
  const std::string path = directory + "/cenote_test." + std::to_string(::getpid());
  std::ifstream file{path};
  EXPECT_EQ(file.get(), 'x');
  EXPECT_EQ(std::filesystem::file_size(path), 4096U);
  std::filesystem::remove(path);
}

TEST(Process, ASharedFileThatCannotBeMadeIsNull) {
  errno = 7;
  EXPECT_EQ(map_shared_file("/no/such/directory", "cenote_test", 4096), nullptr);
  EXPECT_EQ(errno, 7);
}

}  // namespace
}  // namespace cenote::os
