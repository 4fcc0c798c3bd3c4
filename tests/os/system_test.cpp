#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <cenote/os/process.hpp>
#include <cenote/os/system.hpp>
#include <cenote/os/thread.hpp>
#include <cenote/os/wait.hpp>

namespace cenote::os {
namespace {

TEST(System, PagesArePowersOfTwoOfAtLeast4KiB) {
  EXPECT_GE(page_bytes(), 4096U);
  EXPECT_TRUE(std::has_single_bit(page_bytes()));
  EXPECT_EQ(page_bytes(), static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)));
}

TEST(System, ThereIsAProcessorAndAnAddressSpace) {
  EXPECT_GE(processors(), 1U);
  EXPECT_GT(address_space_limit(), std::size_t{64} << 20);
}

TEST(System, TheCoarseClockAdvancesWithTime) {
  const std::uint64_t before = coarse_milliseconds();
  std::this_thread::sleep_for(std::chrono::milliseconds{40});
  const std::uint64_t passed = coarse_milliseconds() - before;
  EXPECT_GE(passed, 20U);
  EXPECT_LT(passed, 20'000U);
}

TEST(System, RandomBitsDoNotRepeat) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_bits());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(Wait, EndsAtOnceWhenTheWordIsAnother) {
  const std::atomic<std::uint32_t> word{1};
  wait_while(word, 0);  // would sleep for ever
}

TEST(Wait, EndsWhenTimeIsUp) {
  const std::atomic<std::uint32_t> word{0};
  const auto start = std::chrono::steady_clock::now();
  wait_while(word, 0, 20);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
}

TEST(Wait, EndsWhenWoken) {
  std::atomic<std::uint32_t> word{0};
  std::thread waiter{[&] {
    while (word.load() == 0) wait_while(word, 0);
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{5});
  word.store(1);
  wake_one(word);
  waiter.join();
}

std::atomic<int> g_signals_open{-1};

TEST(BackgroundThread, RunsWithAllSignalsBlockedAndLeavesTheCallersMaskAlone) {
  sigset_t before{}, after{};
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  ASSERT_TRUE(start_background_thread(
      []() noexcept {
        sigset_t mask{};
        ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
        int open = 0;
        for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGALRM, SIGCHLD, SIGPROF})
          open += ::sigismember(&mask, signal) == 0;
        g_signals_open = open;
      },
      "test"));
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1})
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal));
  for (int i = 0; i < 1000 && g_signals_open < 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  EXPECT_EQ(g_signals_open, 0);
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
