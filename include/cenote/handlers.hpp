/// What happens when a caller breaks a pool's contract: the pool stays unharmed, and the program hears of it
/// here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include <cenote/result.hpp>

namespace cenote {

/// One wrong call: `error` says what was wrong with `address`; `pool` is the pool's name, "" when it has
/// none, never null.
struct Misuse {
  AllocError error;
  const void* address;
  const char* pool;
};

/// Called on the thread that made the wrong call. It may return: the wrong call then has no effect.
using MisuseHandler = void (*)(const Misuse&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr
/// and aborts. Threads: any.
MisuseHandler set_misuse_handler(MisuseHandler handler) noexcept;

/// Hands `misuse` to the handler in force. Threads: any.
void report_misuse(const Misuse& misuse) noexcept;

/// `pool`: the pool's name, empty when it has none. `blocks`: how many were in use, at least 1.
using LeakHandler = void (*)(std::string_view pool, std::size_t blocks) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr.
/// Threads: any.
LeakHandler set_leak_handler(LeakHandler handler) noexcept;

/// Hands a leak to the handler in force. Threads: any.
void report_leak(std::string_view pool, std::size_t blocks) noexcept;

enum class LimitAction : std::uint8_t {
  refuse,  ///< the request fails with limit_reached; malloc returns null with ENOMEM
  report   ///< the request is served, and the limit handler is called
};

/// Whose limit it is.
enum class LimitScope : std::uint8_t {
  heap,    ///< of one heap
  name,    ///< of all pools, arenas and heaps of one name
  process  ///< of all of them
};

/// A limit with LimitAction::report has been passed.
struct LimitEvent {
  LimitScope scope;
  std::string_view name;   ///< of the heap or the pools; empty when it has none. Valid during the call
  std::size_t bytes_held;  ///< the request included
  std::size_t bytes_limit;
};

/// Called on the thread whose request passes the limit: when it is passed, then whenever what is held above
/// it has doubled, and anew after what is held has fallen to the limit. It may allocate and free.
using LimitHandler = void (*)(const LimitEvent&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr.
/// Threads: any.
LimitHandler set_limit_handler(LimitHandler handler) noexcept;

/// Hands an event to the handler in force. Threads: any.
void report_limit(const LimitEvent& event) noexcept;

struct StalledReader {
  const char* domain;          ///< its name, "" when it has none
  std::uint64_t thread_id;     ///< the system's; 0 when unknown
  const char* thread;          ///< what the thread was called at its first guard; "" when unknown
  std::uint64_t milliseconds;  ///< for which it has been seen holding blocks back
  std::size_t waiting;         ///< blocks retired in this domain that wait
};

/// Called on the thread that found it, which holds no lock.
using StallHandler = void (*)(const StalledReader&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr.
/// Threads: any.
StallHandler set_stall_handler(StallHandler handler) noexcept;

/// Hands a stalled reader to the handler in force. Threads: any.
void report_stalled_reader(const StalledReader& reader) noexcept;

}  // namespace cenote
