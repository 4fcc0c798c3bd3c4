#include <windows.h>

#include <atomic>
#include <cstdint>

#include "os/thread.hpp"
#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

enum class Answer : std::uint8_t { unknown, yes, no };
constinit std::atomic<Answer> g_available{Answer::unknown};

// Wine has the call, and in it nothing: no other thread runs a fence.
bool is_wine() noexcept {
  const HMODULE library = ::GetModuleHandleW(L"ntdll.dll");
  return library != nullptr && ::GetProcAddress(library, "wine_get_version") != nullptr;
}

}  // namespace

bool process_fence_available() noexcept {
  Answer answer = g_available.load(std::memory_order_relaxed);
  if (answer == Answer::unknown) {
    const KeepLastError keep;
    answer = is_wine() ? Answer::no : Answer::yes;
    g_available.store(answer, std::memory_order_relaxed);
  }
  return answer == Answer::yes;
}

void process_fence() noexcept { ::FlushProcessWriteBuffers(); }

}  // namespace cenote::os
