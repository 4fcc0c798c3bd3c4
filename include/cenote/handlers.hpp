/// What happens when a caller breaks a pool's contract: the pool stays unharmed, and the program hears of it here.
#pragma once

#include <cstddef>
#include <string_view>

#include <cenote/detail/alloc_error.hpp>

namespace cenote {

/// One wrong call: `error` says what was wrong with `address`; `pool` is the pool's name, "" when it has none, never null.
struct Misuse {
  AllocError error;
  const void* address;
  const char* pool;
};

/// Called on the thread that made the wrong call. It may return: the wrong call then has no effect.
using MisuseHandler = void (*)(const Misuse&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr and aborts.
/// Threads: any.
MisuseHandler set_misuse_handler(MisuseHandler handler) noexcept;

/// Hands `misuse` to the handler in force. Threads: any.
void report_misuse(const Misuse& misuse) noexcept;

}  // namespace cenote
