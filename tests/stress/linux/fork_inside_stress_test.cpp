/// fork while its own thread is inside fork already, and while other threads have locks of the C library's.
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <cenote/heap.hpp>
#include <cenote/pool_manager.hpp>

#include "support/in_child.hpp"

namespace cenote::test {
namespace {

// --- a handler that forks ----------------------------------------------------------------------------------

std::atomic<bool> g_raises{false};
std::atomic<int> g_nested_failures{0}, g_nested{0};

// Before the library's: handlers that are called before a fork are called in the reverse order, so this one
// is called after the library's.
[[gnu::constructor(101)]] void register_first() {
  ::pthread_atfork(
      [] {
        if (g_raises.exchange(false)) ::raise(SIGUSR1);
      },
      nullptr, nullptr);
}

void use(Heap& heap) {
  for (const std::size_t bytes : {50UL, 5000UL, 100'000UL, 3'000'000UL})
    heap.deallocate(heap.allocate(bytes));
}

extern "C" void fork_in_handler(int) {
  const int saved = errno;
  int status = -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(kChildSecondsMax);
    ::_exit(0);
  }
  if (::waitpid(child, &status, 0) != child || status != 0) ++g_nested_failures;
  ++g_nested;
  errno = saved;
}

int fork_and_fork_inside(int threads) {
  struct sigaction action {};
  action.sa_handler = &fork_in_handler;
  if (::sigaction(SIGUSR1, &action, nullptr) != 0) return 2;
  Heap heap{{.name = "fork"}};
  std::atomic<bool> stop{false};
  std::vector<std::thread> others;
  for (int i = 0; i < threads; ++i) {
    others.emplace_back([&] {
      while (!stop) use(heap);
    });
  }
  int result = 0;
  for (int i = 0; i < 20 && result == 0; ++i) {
    g_raises = true;
    result = in_child([&] {
      use(heap);
      return 0;
    });
    use(heap);
  }
  stop = true;
  for (std::thread& thread : others) thread.join();
  if (result != 0) return result & 0xff;
  return g_nested_failures != 0 ? 3 : g_nested != 20 ? 4 : 0;
}

class ForkInside : public ForkAmidThreads {};

TEST_F(ForkInside, AHandlerMayForkBetweenAForksLocksAndItsCopy) {
  for (const int threads : {0, 2})
    EXPECT_EQ(in_child([threads] { return fork_and_fork_inside(threads); }, 60), 0) << threads << " threads";
}

// --- streams -----------------------------------------------------------------------------------------------

#if defined(__GLIBC__)

// What a stream does while it is locked: memory from a heap and from a manager, under their locks.
struct Sink {
  Heap heap{{.name = "sink"}};
  PoolManager pool{{.name = "sink"}};
};

ssize_t write_to(void* cookie, const char*, size_t bytes) {
  Sink& sink = *static_cast<Sink*>(cookie);
  use(sink.heap);
  sink.pool.deallocate(sink.pool.allocate_fixed(1500));
  return static_cast<ssize_t>(bytes);
}

int fork_beside_streams(std::chrono::seconds time) {
  Sink sink;
  std::FILE* const stream =
      ::fopencookie(&sink, "w", {.read = nullptr, .write = &write_to, .seek = nullptr, .close = nullptr});
  if (stream == nullptr) return 2;
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!stop) std::fflush(nullptr);
  });
  threads.emplace_back([&] {
    while (!stop) {
      std::fputs("a line", stream);
      std::fflush(stream);
    }
  });
  threads.emplace_back([&] {
    while (!stop) use(sink.heap);
  });
  const auto end = std::chrono::steady_clock::now() + time;
  int result = 0;
  while (result == 0 && std::chrono::steady_clock::now() < end) {
    result = in_child([&] {
      use(sink.heap);
      sink.pool.deallocate(sink.pool.allocate_fixed(1500));
      return std::fflush(nullptr) == 0 ? 0 : 3;
    });
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  std::fclose(stream);
  return result & 0xff;
}

// The pattern of glibc's bug 19431, with a stream that takes memory from the library.
TEST_F(ForkInside, AForkBesideFflushOfAllStreamsEnds) {
  const auto time = fork_test_time(2);
  const auto patience = static_cast<unsigned>(time.count()) + kChildSecondsMax;
  EXPECT_EQ(in_child([time] { return fork_beside_streams(time); }, patience), 0);
}

#endif

}  // namespace
}  // namespace cenote::test
