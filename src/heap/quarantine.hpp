/// A delay line for freed blocks: what is used after its free is found while it still lies here, filled and given to no one.
#pragma once

#include <array>
#include <cstddef>

#include <cenote/os/lock.hpp>

namespace cenote {

/// Threads     any; one lock.
class Quarantine {
 public:
  /// Puts `block` in and takes the one out that has waited longest; null while there is room. With null: takes one out, null when
  /// there is none. O(1) with a block, O(size) without.
  void* exchange(void* block) noexcept {
    const os::LockGuard guard{lock_};
    if (block == nullptr) skip_empty();
    void* const oldest = waiting_[next_];
    waiting_[next_] = block;
    next_ = (next_ + 1) % kSize;
    return oldest;
  }

  os::Lock& lock() noexcept { return lock_; }

 private:
  static constexpr std::size_t kSize = 512;

  void skip_empty() noexcept {
    for (std::size_t i = 0; i < kSize && waiting_[next_] == nullptr; ++i) next_ = (next_ + 1) % kSize;
  }

  os::Lock lock_{os::LockRank::quarantine};
  std::array<void*, kSize> waiting_{};  // a ring; under lock_
  std::size_t next_ = 0;                // under lock_
};

}  // namespace cenote
