/// Sleeping until a word changes: what the platform has for it (futex, WaitOnAddress).
#pragma once

#include <atomic>
#include <cstdint>

namespace cenote::os {

/// Sleeps while `word` holds `expected`, at most `milliseconds` (negative: for ever). May wake for no reason.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                std::int64_t milliseconds = -1) noexcept;

/// Wakes one thread that waits on `word`.
void wake_one(std::atomic<std::uint32_t>& word) noexcept;

/// Tells the processor that this is a spinning loop.
inline void spin_pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace cenote::os
