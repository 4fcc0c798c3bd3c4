/// What the engine must know of threads: when one ends, what one is called, and how to start one of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os {

/// Callbacks for the end of each thread that armed them: they run after the thread's C++ thread_local destructors. One slot in the
/// process, the engine's; a thread that armed runs all callbacks.
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

/// What the calling thread is called, in `room`, cut where that ends and closed by a zero; empty where threads have no names. Returns its
/// length. Precondition: there is room for the zero.
std::size_t thread_name(std::span<char> room) noexcept;

/// Starts a detached thread with all signals blocked and a small stack. False when the system refuses.
bool start_background_thread(void (*body)() noexcept, const char* name) noexcept;

/// The same, but its owner waits for its end, and it has room for the work of others. Stays where it is while the thread runs.
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

}  // namespace cenote::os
