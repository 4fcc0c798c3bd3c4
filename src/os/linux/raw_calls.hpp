/// System calls without the C library's cancellation points.
///
/// POSIX makes malloc and free no cancellation points, and ours are noexcept: a thread with a pending
/// pthread_cancel that came to the C library's open() or write() inside them would be unwound out of a
/// noexcept function, which ends the process. `::syscall` is no cancellation point. Results and errno are
/// those of the C library's functions of these names.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::os::raw {

/// A duration as the kernel takes it in calls of the machine's word size, whatever the C library's time_t is.
struct Duration {
  long seconds;
  long nanoseconds;

  static constexpr Duration of_milliseconds(std::int64_t milliseconds) noexcept {
    return {static_cast<long>(std::min<std::int64_t>(milliseconds / 1000, INT_MAX)),
            static_cast<long>(milliseconds % 1000 * 1'000'000)};
  }
};

inline int open(const char* path, int flags, unsigned mode = 0) noexcept {
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

inline int close(int file) noexcept { return static_cast<int>(::syscall(SYS_close, file)); }

inline ssize_t read(int file, void* into, std::size_t bytes) noexcept {
  return static_cast<ssize_t>(::syscall(SYS_read, file, into, bytes));
}

inline ssize_t write(int file, const void* from, std::size_t bytes) noexcept {
  return static_cast<ssize_t>(::syscall(SYS_write, file, from, bytes));
}

/// False when the system takes no more.
inline bool write_all(int file, std::span<const std::byte> content) noexcept {
  while (!content.empty()) {
    const ssize_t written = raw::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

/// The new position; -1 when the file has none, or one that a long does not hold.
inline long seek(int file, long offset, int whence) noexcept {
  return ::syscall(SYS_lseek, file, offset, whence);
}

inline ssize_t read_link(const char* path, char* into, std::size_t bytes) noexcept {
  return static_cast<ssize_t>(::syscall(SYS_readlinkat, AT_FDCWD, path, into, bytes));
}

inline int rename(const char* from, const char* to) noexcept {
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0U));
}

inline int unlink(const char* path) noexcept {
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

/// A second descriptor of the file, the lowest free one from `lowest` on, closed by exec.
inline int duplicate(int file, int lowest) noexcept {
#ifdef SYS_fcntl64
  constexpr long kCall = SYS_fcntl64;
#else
  constexpr long kCall = SYS_fcntl;
#endif
  return static_cast<int>(::syscall(kCall, file, F_DUPFD_CLOEXEC, lowest));
}

/// Negative milliseconds: without end.
inline int poll(std::span<pollfd> files, std::int64_t milliseconds) noexcept {
  Duration timeout = Duration::of_milliseconds(milliseconds);
  return static_cast<int>(::syscall(SYS_ppoll, files.data(), files.size(),
                                    milliseconds < 0 ? nullptr : &timeout, nullptr, std::size_t{0}));
}

inline ssize_t get_random(void* into, std::size_t bytes, unsigned flags) noexcept {
  return static_cast<ssize_t>(::syscall(SYS_getrandom, into, bytes, flags));
}

}  // namespace cenote::os::raw
