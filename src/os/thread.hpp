/// What the engine must know of threads: when one ends, what one is called, and how to start one of its own.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os {

/// Callbacks for the end of each thread that armed them: they run after the thread's C++ thread_local
/// destructors. One slot in the process, the engine's; a thread that armed runs all callbacks.
class ThreadExit {
 public:
  using Callback = void (*)() noexcept;
  static constexpr int kCallbacksMax = 4;

  /// Installs one more callback; before arm(), one install at a time. False when the system has no slot left.
  static bool install(Callback callback) noexcept;

  /// Asks that the callbacks run when the calling thread ends.
  static void arm() noexcept;
};

/// Lets another thread run.
void yield_thread() noexcept;

/// By which the system names the calling thread; 0 where it has no name.
std::uint64_t thread_id() noexcept;

/// What the calling thread is called, in `room`, cut where that ends and closed by a zero; empty where
/// threads have no names. Returns its length. Precondition: there is room for the zero.
std::size_t thread_name(std::span<char> room) noexcept;

/// Starts a detached thread with all signals blocked and a small stack. False when the system refuses.
bool start_background_thread(void (*body)() noexcept, const char* name) noexcept;

/// The same, but its owner waits for its end, and it has room for the work of others. Stays where it is while
/// the thread runs.
class BackgroundThread {
 public:
  using Body = void (*)(void* argument) noexcept;

  BackgroundThread() noexcept = default;
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Once. False when the system refuses.
  bool start(Body body, void* argument, const char* name) noexcept;
  /// Waits until the thread is gone; nothing when none was started.
  void join() noexcept;

  /// What the thread runs.
  void run() noexcept { body_(argument_); }

 private:
  Body body_ = nullptr;
  void* argument_ = nullptr;
  [[maybe_unused]] std::uintptr_t handle_ = 0;  // where there are threads
  [[maybe_unused]] bool started_ = false;
};

/// Sleeps while `word` holds `expected`, at most `milliseconds` (negative: for ever). May wake for no reason.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t milliseconds = -1) noexcept;

/// Wakes one thread that waits on `word`.
void wake_one(std::atomic<std::uint32_t>& word) noexcept;

/// Tells the processor that this is a spinning loop.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

/// One piece of work, which each thread takes parts of until nothing is left.
class Work {
 public:
  /// Called once by each thread that was started for it, before `run`.
  virtual void prepare() noexcept {}
  /// Returns when no part is left to take.
  virtual void run() noexcept = 0;

 protected:
  constexpr Work() noexcept = default;
  ~Work() = default;
};

/// Runs `work` on the calling thread and up to `helpers` others, fewer where the system refuses them or
/// another call has them; returns when all have returned. Threads: any.
void run_together(Work& work, unsigned helpers) noexcept;

}  // namespace cenote::os

// A memory fence that one thread runs on behalf of all threads of the process: who needs it rarely pays, who
// meets it often does not.
//
//     often: store a; compiler fence; load b          rarely: store b; process_fence(); load a
//
// One of the two sees the other's store. Source: membarrier(2), MEMBARRIER_CMD_PRIVATE_EXPEDITED (Linux
// 4.14); Windows: FlushProcessWriteBuffers.

namespace cenote::os {

/// Whether process_fence works here; asks the system for it at the first call. Threads: any.
bool process_fence_available() noexcept;

/// Every other thread of the process runs a full fence before this returns; about 1 to 10 us. Precondition:
/// it is available.
void process_fence() noexcept;

}  // namespace cenote::os
