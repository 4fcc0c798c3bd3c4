#include <pthread.h>
#include <signal.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include "os/fork_steps.hpp"

// glibc's: the lock of its list of streams, which the thread that has it may take again. Other C libraries
// lack them. NOLINTBEGIN(bugprone-reserved-identifier, readability-identifier-naming): glibc chose the names
extern "C" {
[[gnu::weak]] void _IO_list_lock();
[[gnu::weak]] void _IO_list_unlock();
[[gnu::weak]] void _IO_list_resetlock();
}
// NOLINTEND(bugprone-reserved-identifier, readability-identifier-naming)

namespace cenote::os {
namespace {

// A thread that forks in a handler of another library's is inside a fork already.
[[gnu::tls_model("initial-exec")]] thread_local constinit int t_depth = 0;
[[gnu::tls_model("initial-exec")]] thread_local constinit bool t_holds_locks = false;
constinit sigset_t g_signals_before{};  // of the thread that forks

bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

// fork() takes the list's lock behind our locks. The thread that has it may wait for a stream, whose owner
// may be inside malloc and wait for one of our locks (fflush(NULL) beside getline). Taken here, before ours,
// it is taken in the one order that glibc's malloc has too.
void lock_streams() noexcept {
  if (_IO_list_lock != nullptr) _IO_list_lock();
}

void unlock_streams() noexcept {
  if (_IO_list_unlock != nullptr) _IO_list_unlock();
}

// The C library has reset it, if it took it.
void reset_streams() noexcept {
  if (_IO_list_resetlock != nullptr) _IO_list_resetlock();
}

// A signal handler that forks while its own thread has all locks would wait for itself: no handler runs until
// they are released.
void prepare() noexcept {
  if (t_depth++ != 0 || is_single_threaded()) return;
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  fork_steps::hold_first_locks();
  lock_streams();
  fork_steps::hold_other_locks();
  g_signals_before = before;
  t_holds_locks = true;
}

void release(void (*let_go_of_streams)() noexcept) noexcept {
  const sigset_t before = g_signals_before;
  t_holds_locks = false;
  fork_steps::release_locks();
  let_go_of_streams();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void in_parent() noexcept {
  if (--t_depth == 0 && t_holds_locks) release(&unlock_streams);
}

void in_child() noexcept {
  if (--t_depth != 0 || !t_holds_locks) return;
  fork_steps::repair();
  release(&reset_streams);
}

}  // namespace

void fork_steps::install() noexcept { ::pthread_atfork(&prepare, &in_parent, &in_child); }

}  // namespace cenote::os
