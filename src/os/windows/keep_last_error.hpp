/// GetLastError belongs to the caller's program: what the library does on its own account must not change it.
#pragma once

#include <windows.h>

namespace cenote::os {

class KeepLastError {
 public:
  KeepLastError() noexcept : saved_{::GetLastError()} {}
  ~KeepLastError() { ::SetLastError(saved_); }
  KeepLastError(const KeepLastError&) = delete;
  KeepLastError& operator=(const KeepLastError&) = delete;

 private:
  DWORD saved_;
};

}  // namespace cenote::os
