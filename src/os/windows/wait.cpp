#include <windows.h>

#include <algorithm>

#include "os/thread.hpp"
#include "os/windows/system_call.hpp"

namespace cenote::os {

void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t milliseconds) noexcept {
  const KeepLastError keep;
  const DWORD timeout =
      milliseconds < 0 ? INFINITE : static_cast<DWORD>(std::min<std::int64_t>(milliseconds, INFINITE - 1));
  auto* const address = const_cast<std::atomic<std::uint32_t>*>(&word);
  ::WaitOnAddress(address, &expected, sizeof expected, timeout);
}

void wake_one(std::atomic<std::uint32_t>& word) noexcept {
  const KeepLastError keep;
  ::WakeByAddressSingle(&word);
}

}  // namespace cenote::os
