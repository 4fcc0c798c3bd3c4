/// What happens when a pool dies while blocks of it are in use: its memory goes, and the program hears of it here.
#pragma once

#include <cstddef>
#include <string_view>

namespace cenote {

/// `pool`: the pool's name, empty when it has none. `blocks`: how many were in use, at least 1.
using LeakHandler = void (*)(std::string_view pool, std::size_t blocks) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr. Threads: any.
LeakHandler set_leak_handler(LeakHandler handler) noexcept;

/// Hands a leak to the handler in force. Threads: any.
void report_leak(std::string_view pool, std::size_t blocks) noexcept;

}  // namespace cenote
