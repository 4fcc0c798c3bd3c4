#include <algorithm>
#include <atomic>
#include <cstdint>

#include <cenote/detail/bits.hpp>

#include "os/windows/addresses.hpp"
#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t kLargePage = std::size_t{2} << 20;

enum class Answer : std::uint8_t { unknown, yes, no };
constinit std::atomic<Answer> g_may_lock{Answer::unknown};
constinit LargeMemory g_large_memory{};

// A privilege that the user holds is off until it is asked for. AdjustTokenPrivileges also succeeds where the
// user does not hold it.
bool enable_lock_memory(HANDLE token) noexcept {
  TOKEN_PRIVILEGES wanted{};
  wanted.PrivilegeCount = 1;
  wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
  return ::LookupPrivilegeValueW(nullptr, L"SeLockMemoryPrivilege", &wanted.Privileges[0].Luid) != 0 &&
         ::AdjustTokenPrivileges(token, FALSE, &wanted, 0, nullptr, nullptr) != 0 &&
         ::GetLastError() == ERROR_SUCCESS;
}

bool ask_to_lock_memory() noexcept {
  HANDLE token = nullptr;
  if (::GetLargePageMinimum() != kLargePage) return false;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token) == 0)
    return false;
  const bool granted = enable_lock_memory(token);
  ::CloseHandle(token);
  return granted;
}

}  // namespace

Region LargeMemory::map(std::size_t bytes, std::size_t alignment) noexcept {
  const KeepLastError keep;
  if (bytes > SIZE_MAX - kLargePage) return {};
  return take_addresses(align_up(bytes, kLargePage), std::max(alignment, kLargePage),
                        MEM_RESERVE | MEM_COMMIT | MEM_LARGE_PAGES, PAGE_READWRITE);
}

void LargeMemory::release(Region region) noexcept {
  const KeepLastError keep;
  give_addresses(region.start);
}

LargeMemory* large_memory() noexcept {
  Answer answer = g_may_lock.load(std::memory_order_relaxed);
  if (answer == Answer::unknown) {
    const KeepLastError keep;
    answer = ask_to_lock_memory() ? Answer::yes : Answer::no;
    g_may_lock.store(answer, std::memory_order_relaxed);
  }
  return answer == Answer::yes ? &g_large_memory : nullptr;
}

}  // namespace cenote::os
