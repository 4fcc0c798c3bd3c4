/// Records what reaches the leak handler while it lives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cenote/handlers.hpp>

#include "support/threads.hpp"

namespace cenote::test {

/// Threads     leaks may come from any; one recorder at a time.
class LeakRecorder {
 public:
  struct Record {
    std::string pool;
    std::size_t blocks;
  };

  LeakRecorder() : before_{set_leak_handler(&record)} {}
  ~LeakRecorder() {
    set_leak_handler(before_);
    take();
  }
  LeakRecorder(const LeakRecorder&) = delete;
  LeakRecorder& operator=(const LeakRecorder&) = delete;

  /// All that was reported since the last call.
  std::vector<Record> take() {
    const MutexGuard guard{mutex_};
    return std::exchange(records_, {});
  }

 private:
  static void record(std::string_view pool, std::size_t blocks) noexcept {
    const MutexGuard guard{mutex_};
    records_.push_back({std::string{pool}, blocks});
  }

  static inline Mutex mutex_;
  static inline std::vector<Record> records_;  // under mutex_
  LeakHandler before_;
};

}  // namespace cenote::test
