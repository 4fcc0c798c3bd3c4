/// A lock that one thread takes by two plain stores, since it is biased towards it: whoever else wants it
/// pays a fence on all threads.
///
/// Source  Dice, Huang & Yang, "Asymmetric Dekker Synchronization" (2001); the fence is os::process_fence.
#pragma once

#include <atomic>
#include <cstdint>

#include "os/thread.hpp"

namespace cenote::os {

/// Threads     lock, unlock: its owner. try_seize, let_go: any, one at a time, and never while the process
///             forks.
class BiasedLock {
 public:
  /// Waits only for a seizer.
  void lock() noexcept {
    for (;;) {
      held_.store(true, std::memory_order_relaxed);
      std::atomic_signal_fence(std::memory_order_seq_cst);  // with the seizer's process_fence
      if (seized_.load(std::memory_order_acquire) == 0) [[likely]]
        return;
      held_.store(false, std::memory_order_release);
      wait_while(seized_, 1);
    }
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

  /// Takes it from its owner's hands; false when the owner holds it now, or there is no such fence here.
  [[nodiscard]] bool try_seize() noexcept {
    if (!process_fence_available()) return false;
    seized_.store(1, std::memory_order_relaxed);
    process_fence();
    if (!held_.load(std::memory_order_acquire)) return true;
    let_go();
    return false;
  }
  void let_go() noexcept {
    seized_.store(0, std::memory_order_release);
    wake_one(seized_);
  }

 private:
  std::atomic<bool> held_{false};
  std::atomic<std::uint32_t> seized_{0};
};

/// Holds it for a scope, as its owner.
class [[nodiscard]] BiasedGuard {
 public:
  explicit BiasedGuard(BiasedLock& lock) noexcept : lock_{lock} { lock_.lock(); }
  ~BiasedGuard() { lock_.unlock(); }
  BiasedGuard(const BiasedGuard&) = delete;
  BiasedGuard& operator=(const BiasedGuard&) = delete;

 private:
  BiasedLock& lock_;
};

}  // namespace cenote::os
