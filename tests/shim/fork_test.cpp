/// fork in a program whose other threads are inside malloc and free at that moment.
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "shim/preloaded.hpp"

namespace shim_test {
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

}  // namespace
}  // namespace shim_test
