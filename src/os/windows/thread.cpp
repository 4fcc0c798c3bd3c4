// The end of a thread is told by winpthreads, which MinGW's std::thread and thread_local are made of, and not
// by FlsAlloc: the fiber-local callbacks come when the thread_local variables of a std::thread are gone.

#include "os/thread.hpp"

#include <pthread.h>
#include <windows.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>

#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

constinit std::array<std::atomic<ThreadExit::Callback>, ThreadExit::kCallbacksMax> g_callbacks{};
constinit std::atomic<bool> g_has_key{false};
constinit pthread_key_t g_key{};  // written before g_has_key

void on_key(void*) noexcept {
  for (const auto& slot : g_callbacks) {
    if (const ThreadExit::Callback callback = slot.load(std::memory_order_acquire)) callback();
  }
}

thread_local constinit int t_first_of_all = 0;

// GCC keeps a thread's thread_local variables behind a key of its own, made at their first use, and frees
// them in that key's turn. Turns go by age: only an older key's callbacks still find the variables. Nor may a
// callback be their first use: no key can be made meanwhile. Hence the first constructor of the program, and
// both keys in it.
[[gnu::constructor(101)]] void make_keys() noexcept {
  g_has_key.store(::pthread_key_create(&g_key, &on_key) == 0, std::memory_order_release);
  *const_cast<volatile int*>(&t_first_of_all) = 1;
}

DWORD WINAPI run_body(void* argument) noexcept {
  reinterpret_cast<void (*)() noexcept>(argument)();
  return 0;
}

// Windows 10 1607 and later.
void name_thread(HANDLE thread, const char* name) noexcept {
  using Call = HRESULT(WINAPI*)(HANDLE thread, const wchar_t* description);
  const auto call = find_system_call<Call>("SetThreadDescription");
  if (call == nullptr) return;
  std::array<wchar_t, 64> wide{};
  for (std::size_t i = 0; i + 1 < wide.size() && name[i] != '\0'; ++i)
    wide[i] = static_cast<wchar_t>(static_cast<unsigned char>(name[i]));
  call(thread, wide.data());
}

DWORD WINAPI run_thread(void* thread) noexcept {
  static_cast<BackgroundThread*>(thread)->run();
  return 0;
}

void* start_thread(LPTHREAD_START_ROUTINE run, void* argument, const char* name,
                   SIZE_T stack_bytes) noexcept {
  void* const thread =
      ::CreateThread(nullptr, stack_bytes, run, argument, STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread != nullptr) name_thread(thread, name);
  return thread;
}

}  // namespace

bool ThreadExit::install(Callback callback) noexcept {
  if (!g_has_key.load(std::memory_order_acquire)) return false;
  for (auto& slot : g_callbacks) {
    if (slot.load(std::memory_order_relaxed) != nullptr) continue;
    slot.store(callback, std::memory_order_release);
    return true;
  }
  return false;
}

void ThreadExit::arm() noexcept {
  const KeepLastError keep;
  ::pthread_setspecific(g_key, reinterpret_cast<void*>(std::uintptr_t{1}));
}

void yield_thread() noexcept { ::SwitchToThread(); }

bool start_background_thread(void (*body)() noexcept, const char* name) noexcept {
  const KeepLastError keep;
  void* const thread = start_thread(&run_body, reinterpret_cast<void*>(body), name, SIZE_T{128} << 10);
  if (thread == nullptr) return false;
  ::CloseHandle(thread);
  return true;
}

bool BackgroundThread::start(Body body, void* argument, const char* name) noexcept {
  const KeepLastError keep;
  body_ = body;
  argument_ = argument;
  void* const thread = start_thread(&run_thread, this, name, SIZE_T{1} << 20);
  handle_ = reinterpret_cast<std::uintptr_t>(thread);
  started_ = thread != nullptr;
  return started_;
}

void BackgroundThread::join() noexcept {
  const KeepLastError keep;
  if (!std::exchange(started_, false)) return;
  void* const thread = reinterpret_cast<void*>(handle_);  // NOLINT(performance-no-int-to-ptr)
  ::WaitForSingleObject(thread, INFINITE);
  ::CloseHandle(thread);
}

std::uint64_t thread_id() noexcept { return ::GetCurrentThreadId(); }

std::size_t thread_name(std::span<char> room) noexcept {
  room[0] = '\0';
  return 0;
}

}  // namespace cenote::os
