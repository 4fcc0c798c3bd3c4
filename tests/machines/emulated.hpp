/// For tests that change the machine on which they run: they are skipped on all but the emulated ones.
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace cenote::test {

class Emulated : public testing::Test {
 protected:
  void SetUp() override {
    if (::getenv("CENOTE_EMULATED") == nullptr)
      GTEST_SKIP() << "changes the machine: on emulated ones only (run_on)";
  }

  /// Tells the kernel something; false when it refuses.
  static bool tell(const std::string& path, const std::string& text) {
    std::ofstream file{path};
    file << text << std::flush;
    return file.good();
  }

  /// The status of this program's other tests in a process that has not seen the machine as it was before.
  static int run_afresh(const std::string& tests) {
    const pid_t child = ::fork();
    if (child == 0) {
      const std::string filter = "--gtest_filter=" + tests;
      ::execl("/proc/self/exe", "afresh", filter.c_str(), "--gtest_brief=1", nullptr);
      ::_exit(127);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

}  // namespace cenote::test
