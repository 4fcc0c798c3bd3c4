#include "os/process.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include <cenote/detail/system.hpp>

#include "os/linux/raw_calls.hpp"
#include "os/linux/small_file.hpp"

namespace cenote::os {

bool environment_ready() noexcept { return environ != nullptr; }

// By hand: at the start of a process getenv takes a page fault that nothing else needs (bench/run_start_up).
const char* environment(const char* name) noexcept {
  const std::string_view wanted{name};
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const char* const text = *variable;
    std::size_t i = 0;
    while (i < wanted.size() && text[i] == wanted[i]) ++i;
    if (i == wanted.size() && text[i] == '=') return text + i + 1;
  }
  return nullptr;
}

std::uint64_t process_id() noexcept { return static_cast<std::uint64_t>(::getpid()); }

// The second number of statm, in pages.
std::uint64_t resident_bytes() noexcept {
  const int saved = errno;
  const SmallFile file{"/proc/self/statm"};
  errno = saved;
  const std::string_view text = file.text();
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return 0;
  std::uint64_t pages = 0;
  std::from_chars(text.data() + space + 1, text.data() + text.size(), pages);
  return pages * page_bytes();
}

void* map_shared_file(const char* directory, const char* prefix, std::size_t bytes) noexcept {
  const int saved = errno;
  char path[PATH_MAX];
  std::snprintf(path, sizeof path, "%s/%s.%d", directory, prefix, static_cast<int>(::getpid()));
  const int file = raw::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  void* start = MAP_FAILED;
  if (file >= 0) {
    if (::ftruncate(file, static_cast<off_t>(bytes)) == 0) {
      start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    raw::close(file);
  }
  errno = saved;
  return start == MAP_FAILED ? nullptr : start;
}

bool replace_file(const char* path, std::span<const std::byte> content) noexcept {
  const KeepErrno keep;
  char beside[PATH_MAX];
  const int length = std::snprintf(beside, sizeof beside, "%s.%d.tmp", path, static_cast<int>(::getpid()));
  if (length < 0 || static_cast<std::size_t>(length) >= sizeof beside) return false;
  const int file = raw::open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = raw::write_all(file, content);
  const bool closed = raw::close(file) == 0;
  if (written && closed && raw::rename(beside, path) == 0) return true;
  raw::unlink(beside);
  return false;
}

}  // namespace cenote::os
