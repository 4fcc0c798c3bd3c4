#include "os/thread.hpp"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace cenote::os {
namespace {

constinit std::array<std::atomic<ThreadExit::Callback>, ThreadExit::kCallbacksMax> g_callbacks{};
constinit std::atomic<bool> g_has_key{false};
constinit pthread_key_t g_key{};  // written before g_has_key

// The C library runs key destructors in rounds (PTHREAD_DESTRUCTOR_ITERATIONS, 4 on Linux). Other keys'
// destructors may still free: waiting for the third round lets them use the cache that this callback takes
// down.
constexpr std::uintptr_t kLastRound = 3;

void on_key(void* value) noexcept {
  const auto round = reinterpret_cast<std::uintptr_t>(value);
  if (round < kLastRound) {
    ::pthread_setspecific(g_key, reinterpret_cast<void*>(round + 1));
    return;
  }
  for (const auto& slot : g_callbacks) {
    if (const ThreadExit::Callback callback = slot.load(std::memory_order_acquire)) callback();
  }
}

void* run_body(void* argument) noexcept {
  reinterpret_cast<void (*)() noexcept>(argument)();
  return nullptr;
}

void* run_thread(void* thread) noexcept {
  static_cast<BackgroundThread*>(thread)->run();
  return nullptr;
}

bool start_thread(pthread_t& thread, void* (*run)(void*), void* argument, const char* name,
                  std::size_t stack_bytes, int detach_state) noexcept {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setdetachstate(&attributes, detach_state);
  ::pthread_attr_setstacksize(&attributes, stack_bytes);
  const int error = ::pthread_create(&thread, &attributes, run, argument);
  if (error == 0) ::pthread_setname_np(thread, name);
  ::pthread_attr_destroy(&attributes);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error == 0;
}

}  // namespace

bool ThreadExit::install(Callback callback) noexcept {
  if (!g_has_key.load(std::memory_order_acquire)) {
    if (::pthread_key_create(&g_key, &on_key) != 0) return false;
    g_has_key.store(true, std::memory_order_release);
  }
  for (auto& slot : g_callbacks) {
    if (slot.load(std::memory_order_relaxed) != nullptr) continue;
    slot.store(callback, std::memory_order_release);
    return true;
  }
  return false;
}

void ThreadExit::arm() noexcept { ::pthread_setspecific(g_key, reinterpret_cast<void*>(std::uintptr_t{1})); }

void yield_thread() noexcept { ::sched_yield(); }

std::uint64_t thread_id() noexcept { return static_cast<std::uint64_t>(::syscall(SYS_gettid)); }

std::size_t thread_name(std::span<char> room) noexcept {
  char name[16] = {};  // the kernel's limit
  ::prctl(PR_GET_NAME, name);
  const std::size_t length = std::min(::strnlen(name, sizeof name), room.size() - 1);
  std::memcpy(room.data(), name, length);
  room[length] = '\0';
  return length;
}

bool start_background_thread(void (*body)() noexcept, const char* name) noexcept {
  pthread_t thread{};
  return start_thread(thread, &run_body, reinterpret_cast<void*>(body), name, std::size_t{128} << 10,
                      PTHREAD_CREATE_DETACHED);
}

bool BackgroundThread::start(Body body, void* argument, const char* name) noexcept {
  body_ = body;
  argument_ = argument;
  pthread_t thread{};
  started_ = start_thread(thread, &run_thread, this, name, std::size_t{1} << 20, PTHREAD_CREATE_JOINABLE);
  handle_ = std::bit_cast<std::uintptr_t>(thread);
  return started_;
}

// pthread_join is a cancellation point, the end of a pool is not.
void BackgroundThread::join() noexcept {
  if (!std::exchange(started_, false)) return;
  int before = PTHREAD_CANCEL_ENABLE;
  ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
  ::pthread_join(std::bit_cast<pthread_t>(handle_), nullptr);
  ::pthread_setcancelstate(before, nullptr);
}

}  // namespace cenote::os
