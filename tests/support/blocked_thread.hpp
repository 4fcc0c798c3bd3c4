/// A thread that a test expects to block.
#pragma once

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace cenote::test {

/// Runs a function in a thread, and tells whether it is done.
class BlockedThread {
 public:
  template <class Body>
  explicit BlockedThread(Body body)
      : thread_{[this, body = std::move(body)]() mutable {
          start();
          body();
          is_done_ = true;
        }} {}

  /// Returns when the thread sleeps in the kernel or is done; without /proc, when it has started.
  void await_sleep() const {
    while (id_ == 0) std::this_thread::yield();
    while (!is_done_ && state() == 'R') std::this_thread::yield();
  }
  bool is_done() const { return is_done_; }
  void join() { thread_.join(); }

 private:
#if defined(__linux__)
  void start() { id_ = ::gettid(); }
  /// R, S, D, ...: the word after the name in parentheses.
  char state() const {
    std::ifstream file{"/proc/self/task/" + std::to_string(id_) + "/stat"};
    std::string text;
    std::getline(file, text);
    const std::size_t name_end = text.rfind(')');
    return name_end == std::string::npos ? 'S' : text[name_end + 2];
  }
#else
  void start() { id_ = 1; }
  static char state() { return 'S'; }
#endif

  std::atomic<int> id_{0};
  std::atomic<bool> is_done_{false};
  std::thread thread_;  // last: it uses the others
};

}  // namespace cenote::test
