/// What the engine must know of threads: when one ends, when the process forks, and how to start one of its own.
#pragma once

namespace cenote::os {

/// A callback for the end of each thread that armed it: runs after the thread's C++ thread_local destructors.
/// One slot in the process, the engine's.
class ThreadExit {
 public:
  using Callback = void (*)() noexcept;

  /// Installs the callback; once, before arm(). False when the system has no slot left.
  static bool install(Callback callback) noexcept;

  /// Asks that the callback run when the calling thread ends.
  static void arm() noexcept;
};

/// Runs `prepare` before each fork, then `parent` and `child` after it in each process.
void on_fork(void (*prepare)() noexcept, void (*parent)() noexcept, void (*child)() noexcept) noexcept;

/// Starts a detached thread with all signals blocked and a small stack. False when the system refuses.
bool start_background_thread(void (*body)() noexcept, const char* name) noexcept;

}  // namespace cenote::os
