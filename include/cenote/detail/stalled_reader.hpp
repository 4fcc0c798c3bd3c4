/// What happens when a thread stays inside a guard while retired blocks wait for it: the program hears of it here, once for each guard.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote {

struct StalledReader {
  const char* domain;          ///< its name, "" when it has none
  std::uint64_t thread_id;     ///< the system's; 0 when unknown
  const char* thread;          ///< what the thread was called at its first guard; "" when unknown
  std::uint64_t milliseconds;  ///< for which it has been seen holding blocks back
  std::size_t waiting;         ///< blocks retired in this domain that wait
};

/// Called on the thread that found it, which holds no lock.
using StallHandler = void (*)(const StalledReader&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr. Threads: any.
StallHandler set_stall_handler(StallHandler handler) noexcept;

/// Hands a stalled reader to the handler in force. Threads: any.
void report_stalled_reader(const StalledReader& reader) noexcept;

}  // namespace cenote
