/// Threads for tests whose threads do not wait for each other, and a lock for the tests' own use: for
/// WebAssembly too, whose standard library has none. A file of tests that needs more includes <thread>, and
/// is left out there.
#pragma once

#if defined(__wasi__)
#include <utility>
#else
#include <mutex>
#include <thread>
#endif

namespace cenote::test {

#if defined(__wasi__)
inline constexpr bool kHasThreads = false;

/// Runs to its end before the next begins: one of the orders that threads may run in.
class Thread {
 public:
  template <class Body, class... Arguments>
  explicit Thread(Body&& body, Arguments&&... arguments) {
    std::forward<Body>(body)(std::forward<Arguments>(arguments)...);
  }
  Thread(Thread&&) = default;
  void join() {}
};

struct Mutex {};

class [[nodiscard]] MutexGuard {
 public:
  explicit MutexGuard(Mutex&) {}
};
#else
inline constexpr bool kHasThreads = true;
using Thread = std::thread;
using Mutex = std::mutex;
using MutexGuard = std::lock_guard<Mutex>;
#endif

}  // namespace cenote::test
