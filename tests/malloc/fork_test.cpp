/// fork in a program whose other threads are inside malloc and free, or inside the C library, at that moment.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "malloc/preloaded.hpp"
#include "support/in_child.hpp"

namespace malloc_test {
namespace {

constexpr unsigned kWatchdogSeconds = 20;

std::atomic<bool> g_stop{false};
std::array<std::atomic<void*>, 256> g_shared{};

std::size_t size_of(std::size_t i) {
  if (i % 97 == 0) return 2 << 20;
  if (i % 31 == 0) return 100'000;
  return 16 + i * 40 % 3000;
}

// Allocates into the slots that all threads share, and frees what it finds there: mostly blocks of others.
void hammer(std::size_t seed) {
  for (std::size_t i = seed; !g_stop.load(std::memory_order_relaxed); i += 7) {
    void* const block = std::malloc(size_of(i));
    std::memset(block, 1, 16);
    std::free(g_shared[i % g_shared.size()].exchange(block, std::memory_order_acq_rel));
  }
}

void use_heap() {
  std::array<void*, 300> blocks{};
  for (std::size_t i = 0; i < blocks.size(); ++i) blocks[i] = std::memset(std::malloc(size_of(i)), 2, 16);
  for (void* const block : blocks) std::free(block);
}

bool child_succeeded(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

[[noreturn]] void live_as_child(bool forks_again) {
  alarm(kWatchdogSeconds);
  use_heap();
  for (auto& slot : g_shared) std::free(slot.exchange(nullptr));
  std::thread{use_heap}.join();
  if (forks_again) {
    const pid_t grandchild = fork();
    if (grandchild == 0) live_as_child(false);
    if (!child_succeeded(grandchild)) _exit(2);
  }
  use_heap();
  _exit(0);
}

class Fork : public OnCenote {};

TEST_F(Fork, ChildrenOfABusyProgramAllocateFreeAndForkAgain) {
  if (std::getenv("CENOTE_EMULATED") != nullptr)
    GTEST_SKIP() << "qemu dies in children of programs with threads";
  g_stop = false;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 3; ++t) threads.emplace_back(hammer, t);
  for (int i = 0; i < 200; ++i) {
    use_heap();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) live_as_child(i % 10 == 0);
    const bool succeeded = child_succeeded(child);
    EXPECT_TRUE(succeeded) << "child " << i << " crashed or hung";
    if (!succeeded) break;
  }
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
  for (auto& slot : g_shared) std::free(slot.exchange(nullptr));
}

TEST_F(Fork, AThreadThatForksKeepsItsOwnBlocks) {
  auto* const text = static_cast<char*>(std::malloc(32));
  std::strcpy(text, "before");
  const pid_t child = fork();
  if (child == 0) {
    alarm(kWatchdogSeconds);
    const bool same = std::strcmp(text, "before") == 0;
    std::free(text);
    _exit(same ? 0 : 1);
  }
  EXPECT_TRUE(child_succeeded(child));
  std::free(text);
}

#if defined(__GLIBC__)
constexpr bool kOrdersStreams = true;
#else
constexpr bool kOrdersStreams = false;
#endif

// Lines so long that getline calls realloc several times while it has the stream.
std::FILE* file_of_long_lines() {
  std::FILE* const file = std::tmpfile();
  if (file == nullptr) return nullptr;
  for (const std::size_t length : {100U, 5000U, 70'000U, 300'000U}) {
    std::fwrite(std::string(length, 'x').c_str(), 1, length, file);
    std::fputc('\n', file);
  }
  return file;
}

void read_lines(std::FILE* file) {
  while (!g_stop.load(std::memory_order_relaxed)) {
    std::rewind(file);
    char* line = nullptr;
    std::size_t room = 0;
    while (::getline(&line, &room, file) >= 0) {
    }
    std::free(line);
  }
}

int fork_beside_streams(std::chrono::seconds time) {
  std::FILE* const file = file_of_long_lines();
  if (file == nullptr) return 2;
  g_stop = false;
  std::vector<std::thread> threads;
  threads.emplace_back(read_lines, file);
  threads.emplace_back(hammer, 1);
  threads.emplace_back([] {
    while (!g_stop.load(std::memory_order_relaxed)) std::fflush(nullptr);
  });
  const auto end = std::chrono::steady_clock::now() + time;
  int result = 0;
  while (result == 0 && std::chrono::steady_clock::now() < end) {
    result = cenote::test::in_child([] {
      use_heap();
      std::FILE* const own = std::fopen("/dev/null", "w");
      if (own == nullptr) return 3;
      std::fputs("the child's streams work", own);
      return std::fclose(own) == 0 && std::fflush(nullptr) == 0 ? 0 : 4;
    });
  }
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
  std::fclose(file);
  return result;
}

class ForkInside : public cenote::test::ForkAmidThreads {
 protected:
  void SetUp() override {
    ForkAmidThreads::SetUp();
    ASSERT_TRUE(runs_on_cenote()) << "start it with LD_PRELOAD=.../libcenote-malloc.so";
  }
};

// The pattern of glibc's bug 19431. In a child with an alarm, since it is the fork that hangs.
TEST_F(ForkInside, AForkBesideFflushOfAllStreamsAndGetlineEnds) {
  if (!kOrdersStreams)
    GTEST_SKIP() << "this C library does not let a fork take the lock of its streams first";
  const auto time = cenote::test::fork_test_time(2);
  const auto patience = static_cast<unsigned>(time.count()) + cenote::test::kChildSecondsMax;
  EXPECT_EQ(cenote::test::in_child([time] { return fork_beside_streams(time); }, patience), 0);
}

extern "C" void fork_in_handler(int) {
  const int saved = errno;
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  errno = saved;
}

// Each child sends its parent the signal at once, so that many arrive before the parent has left fork.
int fork_in_handlers(std::chrono::seconds time, bool beside_threads) {
  struct sigaction action {};
  action.sa_handler = &fork_in_handler;
  action.sa_flags = SA_RESTART;
  if (::sigaction(SIGUSR1, &action, nullptr) != 0) return 2;
  g_stop = false;
  std::vector<std::thread> threads;
  if (beside_threads) {
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &usr1,
                      nullptr);  // for the threads: the handler is to interrupt the fork, not malloc
    for (std::size_t t = 0; t < 2; ++t) threads.emplace_back(hammer, t);
    ::pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  }
  const pid_t parent = ::getpid();
  const auto end = std::chrono::steady_clock::now() + time;
  int result = 0;
  while (result == 0 && std::chrono::steady_clock::now() < end) {
    result = cenote::test::in_child([parent] {
      if (::kill(parent, SIGUSR1) != 0) return 3;
      use_heap();
      return 0;
    });
    use_heap();
  }
  g_stop = true;
  for (std::thread& thread : threads) thread.join();
  return result;
}

TEST_F(ForkInside, AHandlerMayForkWhileItsThreadForks) {
  const auto time = cenote::test::fork_test_time(1);
  const auto patience = static_cast<unsigned>(time.count()) + cenote::test::kChildSecondsMax;
  for (const bool beside_threads : {false, true}) {
    EXPECT_EQ(cenote::test::in_child([=] { return fork_in_handlers(time, beside_threads); }, patience), 0)
        << (beside_threads ? "beside threads" : "alone");
  }
}

}  // namespace
}  // namespace malloc_test
