#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace cenote {

/// The queue that stands between two threads of a server: bounded, so that a fast side waits for a slow one.
///
/// Threads     any; takes the queue's lock.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  void push(T value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock, [this] { return values_.size() < capacity_; });
    values_.push_back(std::move(value));
    not_empty_.notify_one();
  }

  /// Takes the oldest value; false once the queue is closed and empty.
  bool pop(T& out) {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [this] { return !values_.empty() || closed_; });
    if (values_.empty()) return false;
    out = std::move(values_.front());
    values_.pop_front();
    not_full_.notify_one();
    return true;
  }

  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    not_empty_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> values_;  // under mutex_
  const std::size_t capacity_;
  bool closed_ = false;  // under mutex_
};

}  // namespace cenote
