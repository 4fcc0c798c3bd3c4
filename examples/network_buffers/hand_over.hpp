// A ring through which one thread passes blocks to one other. A block that is in it belongs to nobody but the
// ring: ownership passes, bytes do not.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <cenote/cenote.hpp>

namespace network_buffers {

/// Threads     one gives, one takes.
template <std::uint32_t kPlaces>
class HandOver {
  static_assert((kPlaces & (kPlaces - 1)) == 0, "counts wrap round at a power of two");

 public:
  /// Gives a block away; sleeps while the ring is full.
  void give(cenote::Block block) {
    const std::uint32_t given = given_.load(std::memory_order_relaxed);
    for (std::uint32_t taken; given - (taken = taken_.load(std::memory_order_acquire)) == kPlaces;)
      taken_.wait(taken, std::memory_order_acquire);
    places_[given % kPlaces] = block;
    given_.store(given + 1, std::memory_order_release);
    given_.notify_one();
  }

  /// Takes the block given first; sleeps while there is none.
  cenote::Block take() {
    const std::uint32_t taken = taken_.load(std::memory_order_relaxed);
    given_.wait(taken, std::memory_order_acquire);
    const cenote::Block block = places_[taken % kPlaces];
    taken_.store(taken + 1, std::memory_order_release);
    taken_.notify_one();
    return block;
  }

 private:
  std::array<cenote::Block, kPlaces> places_{};  // a place is written by who gives, then read by who takes
  alignas(cenote::cache_line) std::atomic<std::uint32_t> given_{0};  // written by who gives
  alignas(cenote::cache_line) std::atomic<std::uint32_t> taken_{0};  // written by who takes
};

}  // namespace network_buffers
