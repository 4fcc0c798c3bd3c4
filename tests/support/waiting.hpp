/// What std::latch, std::counting_semaphore and std::barrier do, by a mutex and a condition: those of MinGW's
/// GCC 12 do not always wake up.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>

namespace cenote::test {

class Latch {
 public:
  explicit Latch(std::ptrdiff_t expected) : left_{expected} {}

  void count_down() {
    const std::lock_guard guard{mutex_};
    if (--left_ == 0) open_.notify_all();
  }
  void wait() {
    std::unique_lock guard{mutex_};
    open_.wait(guard, [this] { return left_ == 0; });
  }
  void arrive_and_wait() {
    count_down();
    wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable open_;
  std::ptrdiff_t left_;
};

class Semaphore {
 public:
  void release(std::ptrdiff_t more = 1) {
    const std::lock_guard guard{mutex_};
    count_ += more;
    changed_.notify_all();
  }
  void acquire() {
    std::unique_lock guard{mutex_};
    changed_.wait(guard, [this] { return count_ > 0; });
    --count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::ptrdiff_t count_ = 0;
};

/// The last to arrive of each round calls `complete` before any goes on.
template <class Complete>
class Barrier {
 public:
  Barrier(std::ptrdiff_t threads, Complete complete)
      : threads_{threads}, left_{threads}, complete_{std::move(complete)} {}

  void arrive_and_wait() {
    std::unique_lock guard{mutex_};
    if (--left_ == 0) {
      complete_();
      left_ = threads_;
      ++round_;
      changed_.notify_all();
    } else {
      changed_.wait(guard, [this, mine = round_] { return round_ != mine; });
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  const std::ptrdiff_t threads_;
  std::ptrdiff_t left_;
  std::size_t round_ = 0;
  Complete complete_;
};

}  // namespace cenote::test
