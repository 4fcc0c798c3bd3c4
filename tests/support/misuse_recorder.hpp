/// Records what reaches the misuse handler while it lives, instead of ending the program.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <cenote/handlers.hpp>

#include "support/threads.hpp"

namespace cenote::test {

/// Threads     misuse may come from any; one recorder at a time.
class MisuseRecorder {
 public:
  struct Record {
    AllocError error;
    const void* address;
    std::string pool;
  };

  MisuseRecorder() : before_{set_misuse_handler(&record)} {}
  ~MisuseRecorder() {
    set_misuse_handler(before_);
    take();
  }
  MisuseRecorder(const MisuseRecorder&) = delete;
  MisuseRecorder& operator=(const MisuseRecorder&) = delete;

  /// All that was reported since the last call.
  std::vector<Record> take() {
    const MutexGuard guard{mutex_};
    return std::exchange(records_, {});
  }

 private:
  static void record(const Misuse& misuse) noexcept {
    const MutexGuard guard{mutex_};
    records_.push_back({misuse.error, misuse.address, misuse.pool});
  }

  static inline Mutex mutex_;
  static inline std::vector<Record> records_;  // under mutex_
  MisuseHandler before_;
};

}  // namespace cenote::test
