/// Objects that tell whether they live, pools that tell what they were given, and what reports said.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <cenote/cenote.hpp>

#include "support/waiting.hpp"

namespace cenote::test {

/// Counts how many of its kind live.
struct Tracked {
  explicit Tracked(std::atomic<int>& count) : live{&count} { ++*live; }
  ~Tracked() { --*live; }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;

  std::atomic<int>* live;
};

/// Takes blocks back many at a time, and says how many.
struct CountingPool {
  void deallocate(int* block) { deallocate_many(std::array<int* const, 1>{block}); }
  void deallocate_many(std::span<int* const> blocks) {
    ++calls;
    taken += blocks.size();
  }
  std::size_t calls = 0, taken = 0;
};

/// `allocate` and construct, without a handle.
template <class Pool, class... A>
auto* make_raw(Pool& pool, A&&... arguments) {
  return std::construct_at(pool.allocate(), std::forward<A>(arguments)...);
}

/// A thread that is inside a guard until it is told to leave.
class Reader {
 public:
  explicit Reader(EpochDomain& domain)
      : thread_{[this, &domain] {
          auto guard = domain.enter();
          inside_.count_down();
          may_leave_.wait();
        }} {
    inside_.wait();
  }
  ~Reader() { leave(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void leave() {
    if (!thread_.joinable()) return;
    may_leave_.count_down();
    thread_.join();
  }

 private:
  Latch inside_{1}, may_leave_{1};
  std::thread thread_;
};

/// Takes the reports of stalled readers while it lives.
class StallRecorder {
 public:
  struct Report {
    std::string domain, thread;
    std::uint64_t thread_id, milliseconds;
    std::size_t waiting;
  };

  StallRecorder() : before_{set_stall_handler(&note)} { reports().clear(); }
  ~StallRecorder() { set_stall_handler(before_); }
  StallRecorder(const StallRecorder&) = delete;
  StallRecorder& operator=(const StallRecorder&) = delete;

  std::vector<Report> seen() const {
    const std::lock_guard guard{mutex()};
    return reports();
  }

 private:
  static std::mutex& mutex() {
    static std::mutex mutex;
    return mutex;
  }
  static std::vector<Report>& reports() {
    static std::vector<Report> reports;
    return reports;
  }
  static void note(const StalledReader& reader) noexcept {
    const std::lock_guard guard{mutex()};
    reports().push_back(
        {reader.domain, reader.thread, reader.thread_id, reader.milliseconds, reader.waiting});
  }

  StallHandler before_;
};

}  // namespace cenote::test
