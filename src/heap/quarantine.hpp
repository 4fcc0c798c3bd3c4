/// A delay line for freed blocks: a write to one that is still here is found, and no request gets it.
///
/// Filled blocks keep their pages, so that their number and their bytes have a bound. Fenced blocks have no
/// pages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <cenote/detail/lock.hpp>

namespace cenote {

/// Threads     any; one lock, under which the blocks of a full heap also change their states and canaries.
class Quarantine {
 public:
  struct Entry {
    void* block = nullptr;  // null: none
    std::uint32_t bytes = 0;
    bool is_fenced = false;  // its pages went back to the system, and any access faults
  };

  /// Puts a block in and takes the one of its kind out that has waited longest; none while there is room.
  /// O(1).
  Entry exchange(Entry entry) noexcept {
    const os::LockGuard guard{lock_};
    return entry.is_fenced ? fenced_.exchange(entry) : filled_.exchange(entry);
  }

  /// Takes the filled block out that has waited longest, unless filled ones have no more than `bytes_max`.
  /// O(1).
  Entry take_filled_above(std::size_t bytes_max) noexcept {
    const os::LockGuard guard{lock_};
    return filled_.bytes() > bytes_max ? filled_.take() : Entry{};
  }

  /// Takes the fenced block out that has waited longest, unless there is room for one more.
  Entry take_surplus_fenced() noexcept {
    const os::LockGuard guard{lock_};
    return fenced_.is_full() ? fenced_.take() : Entry{};
  }

  /// Puts a block back that was just taken out; false when there is no room any more.
  bool put_back(Entry entry) noexcept {
    const os::LockGuard guard{lock_};
    return entry.is_fenced ? fenced_.put_back(entry) : filled_.put_back(entry);
  }

  /// Takes a block out; none when there is none. O(1).
  Entry take() noexcept {
    const os::LockGuard guard{lock_};
    const Entry filled = filled_.take();
    return filled.block != nullptr ? filled : fenced_.take();
  }

  /// Calls visit(Entry) for each block that waits; within the process, under the lock.
  template <class Visit>
  void for_each(Visit visit) const noexcept {
    filled_.for_each(visit);
    fenced_.for_each(visit);
  }

  constexpr os::Lock& lock() noexcept { return lock_; }

 private:
  /// First in, first out.
  template <std::uint32_t kSize>
  class Queue {
   public:
    bool is_full() const noexcept { return count_ == kSize; }
    std::size_t bytes() const noexcept { return bytes_; }

    Entry exchange(const Entry& entry) noexcept {
      const Entry oldest = is_full() ? take() : Entry{};
      at(count_++) = entry;
      bytes_ += entry.bytes;
      return oldest;
    }
    Entry take() noexcept {
      if (count_ == 0) return {};
      const Entry oldest = at(0);
      first_ = (first_ + 1) % kSize;
      --count_;
      bytes_ -= oldest.bytes;
      return oldest;
    }
    bool put_back(const Entry& entry) noexcept {
      if (is_full()) return false;
      first_ = (first_ + kSize - 1) % kSize;
      at(0) = entry;
      ++count_;
      bytes_ += entry.bytes;
      return true;
    }
    template <class Visit>
    void for_each(Visit visit) const noexcept {
      // A copy of a running process's queue may say anything.
      for (std::uint32_t i = 0; i < kSize && i < count_; ++i) visit(waiting_[(first_ + i) % kSize]);
    }

   private:
    Entry& at(std::uint32_t index) noexcept { return waiting_[(first_ + index) % kSize]; }

    std::array<Entry, kSize> waiting_{};
    std::uint32_t first_ = 0;
    std::uint32_t count_ = 0;
    std::size_t bytes_ = 0;
  };

  os::Lock lock_{os::LockRank::quarantine};
  Queue<512> filled_;  // under lock_
  Queue<64> fenced_;   // under lock_; of large blocks, so that at most 64 MiB of addresses wait
};

}  // namespace cenote
