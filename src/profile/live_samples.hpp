/// Sampled blocks that are not freed yet, found by their address.
///
/// Source      Knuth, TAOCP 3, 6.4, algorithms L and R: linear probing, deletion without marks.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "profile/mapped.hpp"
#include "profile/sites.hpp"

// What the live samples of one heap are of; part of the heap, where whoever looks at it from outside finds
// it.
//
// Threads     written under the recorder's lock; read by anybody, each number by itself.

namespace cenote::profile {

struct HeapSamples {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> asked_bytes{0};   // estimates, as sums of weights
  std::atomic<std::uint64_t> usable_bytes{0};  // of the same blocks
};

struct LiveSample {
  std::uintptr_t block;  // 0: no sample here
  Site* site;
  HeapSamples* heap;
  std::uint64_t size;    // bytes asked for
  std::uint64_t usable;  // bytes that the block has
  Weight weight;
  std::uint64_t born_ms;

  Sum sum() const noexcept { return sum_of(size, weight); }
  std::uint64_t usable_bytes() const noexcept { return sum_of(usable, weight).bytes; }
};

/// Threads     one at a time: its owner's lock.
class LiveSamples {
 public:
  constexpr LiveSamples() noexcept = default;

  /// False when there is no room: the system refuses memory, or there are kMost. Precondition: none at that
  /// address.
  bool add(const LiveSample& sample) noexcept;
  /// Null when there is none. O(1).
  LiveSample* find(std::uintptr_t block) const noexcept;
  /// Takes one out that was found.
  void remove(const LiveSample& sample) noexcept;
  std::size_t count() const noexcept { return count_; }

  /// Takes out all that `matches(const LiveSample&)`. O(room).
  template <class Matches>
  void remove_if(Matches matches) noexcept {
    for (const LiveSample& sample : slots_) {
      while (sample.block != 0 && matches(sample)) remove(sample);  // what followed may lie here now
    }
  }

 private:
  static constexpr std::size_t kFirst = 4096, kMost = std::size_t{1} << 23;

  std::size_t home_of(std::uintptr_t block) const noexcept {
    return static_cast<std::size_t>((std::uint64_t{block} * 0x9e3779b97f4a7c15) >> 32) & (slots_.size() - 1);
  }
  std::size_t after(std::size_t slot) const noexcept { return (slot + 1) & (slots_.size() - 1); }
  LiveSample& slot_for(std::uintptr_t block) const noexcept;
  bool grow() noexcept;

  std::span<LiveSample> slots_{};  // a power of two of them, at most half in use; never released
  std::size_t count_ = 0;
};

}  // namespace cenote::profile
