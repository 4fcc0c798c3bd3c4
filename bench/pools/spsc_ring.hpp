/// A bounded ring between one thread that pushes and one that pops.
///
/// Source  Lee, Bu & Chandranmenon, "A Lock-Free, Cache-Efficient Shared Ring Buffer", ANCS 2009: each side
///         keeps a copy of the other's index, and looks anew only when the copy says that it must wait.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <thread>

namespace cenote {

template <class T, std::size_t kSlots>
class SpscRing {
  static_assert((kSlots & (kSlots - 1)) == 0);

 public:
  void push(T value) noexcept {
    const std::size_t at = tail_.index.load(std::memory_order_relaxed);
    wait_until([&] { return at - tail_.others < kSlots; }, tail_.others, head_.index);
    slots_[at % kSlots] = value;
    tail_.index.store(at + 1, std::memory_order_release);
  }
  T pop() noexcept {
    const std::size_t at = head_.index.load(std::memory_order_relaxed);
    wait_until([&] { return head_.others != at; }, head_.others, tail_.index);
    const T value = slots_[at % kSlots];
    head_.index.store(at + 1, std::memory_order_release);
    return value;
  }

 private:
  struct alignas(128) Side {
    std::atomic<std::size_t> index{0};
    std::size_t others = 0;  // this side's copy of the other's index
  };

  template <class Ready>
  static void wait_until(Ready ready, std::size_t& copy, const std::atomic<std::size_t>& index) noexcept {
    for (int tries = 0; !ready(); ++tries) {
      copy = index.load(std::memory_order_acquire);
      if (tries > 1000) std::this_thread::yield();  // the other side does not run
    }
  }

  Side head_, tail_;
  std::array<T, kSlots> slots_{};
};

}  // namespace cenote
