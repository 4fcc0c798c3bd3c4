#include <windows.h>
// After the former.
#include <psapi.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "os/process.hpp"
#include "os/windows/system_call.hpp"

namespace cenote::os {
namespace {

/// Closed at the end of a scope. Null is none.
class Handle {
 public:
  explicit Handle(HANDLE handle) noexcept : handle_{handle == INVALID_HANDLE_VALUE ? nullptr : handle} {}
  ~Handle() {
    if (handle_ != nullptr) ::CloseHandle(handle_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  HANDLE get() const noexcept { return handle_; }

 private:
  HANDLE handle_;
};

}  // namespace

// The C library reads it before it calls anybody's constructors.
bool environment_ready() noexcept { return true; }

const char* environment(const char* name) noexcept { return std::getenv(name); }

std::uint64_t process_id() noexcept { return ::GetCurrentProcessId(); }

std::uint64_t resident_bytes() noexcept {
  const KeepLastError keep;
  PROCESS_MEMORY_COUNTERS counters{};
  if (!::K32GetProcessMemoryInfo(::GetCurrentProcess(), &counters, sizeof counters)) return 0;
  return counters.WorkingSetSize;
}

void* map_shared_file(const char* directory, const char* prefix, std::size_t bytes) noexcept {
  const KeepLastError keep;
  char path[MAX_PATH];
  const int length =
      std::snprintf(path, sizeof path, "%s/%s.%lu", directory, prefix, ::GetCurrentProcessId());
  if (length < 0 || static_cast<std::size_t>(length) >= sizeof path) return nullptr;
  const Handle file{::CreateFileA(path, GENERIC_READ | GENERIC_WRITE,
                                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                  CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr)};
  if (file.get() == nullptr) return nullptr;
  const auto size = std::uint64_t{bytes};
  const Handle mapping{::CreateFileMappingA(file.get(), nullptr, PAGE_READWRITE,
                                            static_cast<DWORD>(size >> 32), static_cast<DWORD>(size),
                                            nullptr)};
  return mapping.get() == nullptr ? nullptr : ::MapViewOfFile(mapping.get(), FILE_MAP_WRITE, 0, 0, bytes);
}

bool replace_file(const char*, std::span<const std::byte>) noexcept { return false; }  // nobody asks

}  // namespace cenote::os
