/// Records what reaches the limit handler while it lives.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <cenote/handlers.hpp>

#include "support/threads.hpp"

namespace cenote::test {

/// Threads     events may come from any; one recorder at a time.
class LimitRecorder {
 public:
  struct Record {
    LimitScope scope;
    std::string name;
    std::size_t bytes_held;
    std::size_t bytes_limit;
  };

  LimitRecorder() : before_{set_limit_handler(&record)} {}
  ~LimitRecorder() {
    set_limit_handler(before_);
    take();
  }
  LimitRecorder(const LimitRecorder&) = delete;
  LimitRecorder& operator=(const LimitRecorder&) = delete;

  /// All that was reported since the last call.
  std::vector<Record> take() {
    const MutexGuard guard{mutex_};
    return std::exchange(records_, {});
  }

 private:
  static void record(const LimitEvent& event) noexcept {
    const MutexGuard guard{mutex_};
    records_.push_back({event.scope, std::string{event.name}, event.bytes_held, event.bytes_limit});
  }

  static inline Mutex mutex_;
  static inline std::vector<Record> records_;  // under mutex_
  LimitHandler before_;
};

}  // namespace cenote::test
