/// Calls that older versions of Windows lack, looked up at run time so that the library loads there too.
#pragma once

#include <windows.h>

#include <cstdint>

namespace cenote::os {

/// Points to a function of kernelbase.dll, which every process has loaded; null where it has no such. `Call`
/// is the function's pointer type.
template <class Call>
Call find_system_call(const char* name) noexcept {
  const HMODULE library = ::GetModuleHandleW(L"kernelbase.dll");
  if (library == nullptr) return nullptr;
  return reinterpret_cast<Call>(reinterpret_cast<void (*)()>(::GetProcAddress(library, name)));
}

class KeepLastError {
 public:
  KeepLastError() noexcept : saved_{::GetLastError()} {}
  ~KeepLastError() { ::SetLastError(saved_); }
  KeepLastError(const KeepLastError&) = delete;
  KeepLastError& operator=(const KeepLastError&) = delete;

 private:
  DWORD saved_;
};

inline constexpr int kGroupProcessors = 64;

constexpr int processor_number(WORD group, int in_group) noexcept {
  return group * kGroupProcessors + in_group;
}

/// The set of one processor.
inline GROUP_AFFINITY affinity_of(int processor) noexcept {
  GROUP_AFFINITY affinity{};
  affinity.Group = static_cast<WORD>(processor / kGroupProcessors);
  affinity.Mask = static_cast<KAFFINITY>(std::uint64_t{1} << (processor % kGroupProcessors));
  return affinity;
}

}  // namespace cenote::os
