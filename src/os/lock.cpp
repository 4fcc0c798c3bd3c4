#include <cenote/detail/lock.hpp>

#include "os/thread.hpp"

namespace cenote::os {
namespace {

// How often a locker looks before it sleeps: critical sections here last well under a microsecond.
constexpr int kSpins = 100;

// Bit r set: this thread holds a lock of rank r.
thread_local constinit std::uint32_t t_held_ranks = 0;

constexpr std::uint32_t bit_of(LockRank rank) noexcept {
  return std::uint32_t{1} << static_cast<unsigned>(rank);
}

}  // namespace

CENOTE_SLOW_PATH void Lock::wait() noexcept {
  for (int spin = 0; spin < kSpins; ++spin) {
    std::uint32_t expected = kFree;
    if (word_.load(std::memory_order_relaxed) == kFree &&
        word_.compare_exchange_weak(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed)) {
      return;
    }
    spin_pause();
  }
  while (word_.exchange(kContended, std::memory_order_acquire) != kFree) wait_while(word_, kContended);
}

CENOTE_SLOW_PATH void Lock::wake() noexcept { wake_one(word_); }

void Lock::check_rank() const noexcept {
  CENOTE_CHECK(t_held_ranks < bit_of(rank_), "lock taken out of rank: a deadlock in the making");
}

void Lock::note_locked() const noexcept { t_held_ranks |= bit_of(rank_); }

void Lock::note_unlocked() const noexcept { t_held_ranks &= ~bit_of(rank_); }

}  // namespace cenote::os
