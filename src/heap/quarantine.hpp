/// A delay line for freed blocks: what is used after its free is found while it still lies here, and is given
/// to nobody.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include <cenote/detail/lock.hpp>

namespace cenote {

/// Threads     any; one lock, under which the blocks of a full heap also change their states and canaries.
class Quarantine {
 public:
  struct Entry {
    void* block = nullptr;   // null: none
    bool is_fenced = false;  // its pages went back to the system, and nobody may touch it
  };

  /// Puts a block in and takes the one of its kind out that has waited longest; none while there is room.
  /// O(1).
  Entry exchange(Entry entry) noexcept {
    const os::LockGuard guard{lock_};
    return entry.is_fenced ? Entry{fenced_.exchange(entry.block), true} : Entry{filled_.exchange(entry.block)};
  }

  /// Takes the fenced block out that has waited longest, unless there is room for one more.
  Entry take_surplus_fenced() noexcept {
    const os::LockGuard guard{lock_};
    return {fenced_.take_next(), true};
  }

  /// Puts a block back that was just taken out; false when there is no room any more.
  bool put_back(Entry entry) noexcept {
    const os::LockGuard guard{lock_};
    return (entry.is_fenced ? fenced_.put_back(entry.block) : filled_.put_back(entry.block));
  }

  /// Takes a block out; none when there is none. O(size).
  Entry take() noexcept {
    const os::LockGuard guard{lock_};
    if (void* const block = filled_.take()) return {block};
    return {fenced_.take(), true};
  }

  /// Calls visit(Entry) for each block that waits; within the process, under the lock.
  template <class Visit>
  void for_each(Visit visit) const noexcept {
    filled_.for_each([&](void* block) { visit(Entry{block}); });
    fenced_.for_each([&](void* block) { visit(Entry{block, true}); });
  }

  constexpr os::Lock& lock() noexcept { return lock_; }

 private:
  template <std::size_t kSize>
  class Ring {
   public:
    void* exchange(void* block) noexcept {
      void* const oldest = waiting_[next_];
      waiting_[next_] = block;
      next_ = (next_ + 1) % kSize;
      return oldest;
    }
    void* take() noexcept {
      for (std::size_t i = 0; i < kSize && waiting_[next_] == nullptr; ++i) next_ = (next_ + 1) % kSize;
      return take_next();
    }
    void* take_next() noexcept { return std::exchange(waiting_[next_], nullptr); }
    bool put_back(void* block) noexcept {
      if (waiting_[next_] != nullptr) return false;
      waiting_[next_] = block;
      return true;
    }
    template <class Visit>
    void for_each(Visit visit) const noexcept {
      for (void* const block : waiting_) {
        if (block != nullptr) visit(block);
      }
    }

   private:
    std::array<void*, kSize> waiting_{};
    std::size_t next_ = 0;
  };

  os::Lock lock_{os::LockRank::quarantine};
  Ring<512> filled_;  // under lock_
  Ring<64> fenced_;   // under lock_; of large blocks, so that at most 64 MiB of addresses wait
};

}  // namespace cenote
