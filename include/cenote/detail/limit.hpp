/// What happens where a byte limit is passed: the request is refused, or it is served and the program hears of it here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cenote {

enum class LimitAction : std::uint8_t {
  refuse,  ///< the request fails with limit_reached; malloc returns null with ENOMEM
  report   ///< the request is served, and the limit handler is called
};

/// Whose limit it is.
enum class LimitScope : std::uint8_t {
  heap,    ///< of one heap
  name,    ///< of all heaps of one name
  process  ///< of all heaps
};

/// A limit with LimitAction::report has been passed.
struct LimitEvent {
  LimitScope scope;
  std::string_view name;   ///< of the heap or heaps; empty when it has none. Valid during the call
  std::size_t bytes_held;  ///< the request included
  std::size_t bytes_limit;
};

/// Called on the thread whose request passes the limit: when it is passed, then whenever what is held above it has doubled, and anew after
/// what is held has fallen to the limit. It may allocate and free.
using LimitHandler = void (*)(const LimitEvent&) noexcept;

/// Installs `handler` and returns the one before; null restores the default, which prints one line on stderr. Threads: any.
LimitHandler set_limit_handler(LimitHandler handler) noexcept;

/// Hands an event to the handler in force. Threads: any.
void report_limit(const LimitEvent& event) noexcept;

}  // namespace cenote
