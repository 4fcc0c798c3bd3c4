/// Calls that older versions of Windows lack, looked up at run time so that the library loads there too.
#pragma once

#include <windows.h>

namespace cenote::os {

/// Points to a function of kernelbase.dll, which every process has loaded; null where it has no such. `Call` is the function's pointer type.
template <class Call>
Call find_system_call(const char* name) noexcept {
  const HMODULE library = ::GetModuleHandleW(L"kernelbase.dll");
  if (library == nullptr) return nullptr;
  return reinterpret_cast<Call>(reinterpret_cast<void (*)()>(::GetProcAddress(library, name)));
}

}  // namespace cenote::os
