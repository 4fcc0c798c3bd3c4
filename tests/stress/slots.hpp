/// Where threads leave blocks for each other, and the marks by which a block is known again.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>

#include <cenote/heap.hpp>

#include "support/pattern.hpp"

namespace cenote::test {

/// At the start of every block: how long it is, and which bytes follow.
struct Mark {
  std::size_t bytes;
  std::uint64_t seed;
};

using Random = std::mt19937_64;

/// Most blocks are small, one in a hundred is large, one in a thousand has a mapping of its own.
inline std::size_t random_bytes(Random& random) {
  const std::uint64_t kind = random() % 1000;
  if (kind == 0) return sizeof(Mark) + (std::size_t{1} << 20) + random() % (std::size_t{1} << 20);
  if (kind < 10) return sizeof(Mark) + random() % (200 * 1024);
  return sizeof(Mark) + random() % (kind < 100 ? 8000 : 200);
}

/// A filled block; huge ones are filled at their start only.
inline Mark* allocate_marked(Heap& heap, Random& random) {
  const std::size_t bytes = random_bytes(random);
  const std::size_t alignment = random() % 8 == 0 ? std::size_t{16} << random() % 8 : 16;
  auto* const mark = static_cast<Mark*>(heap.allocate(bytes, alignment));
  *mark = {std::min<std::size_t>(bytes, 4096), random()};
  fill_pattern(mark + 1, mark->bytes - sizeof(Mark), mark->seed);
  return mark;
}

inline bool is_whole(const Mark* mark) {
  return holds_pattern(mark + 1, mark->bytes - sizeof(Mark), mark->seed);
}

/// A fixed number of places, each with a block or none. Threads exchange what lies there.
class Slots {
 public:
  Mark* exchange(std::size_t at, Mark* mark) {
    return slots_[at % slots_.size()].exchange(mark, std::memory_order_acq_rel);
  }

  /// Frees everything; false when a block was not whole.
  bool clear(Heap& heap) {
    bool whole = true;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      if (Mark* const mark = exchange(i, nullptr)) {
        whole = is_whole(mark) && whole;
        heap.deallocate(mark);
      }
    }
    return whole;
  }

 private:
  std::array<std::atomic<Mark*>, 509> slots_{};
};

/// One step: leaves a new block, or none, and frees what lay there. False when that was not whole.
inline bool step(Heap& heap, Slots& slots, Random& random) {
  Mark* const left = random() % 8 == 0 ? nullptr : allocate_marked(heap, random);
  Mark* const found = slots.exchange(random(), left);
  if (found == nullptr) return true;
  const bool whole = is_whole(found);
  heap.deallocate(found);
  return whole;
}

/// Time for one stress test.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds time) : end_{std::chrono::steady_clock::now() + time} {}
  bool passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  std::chrono::steady_clock::time_point end_;
};
inline constexpr std::chrono::milliseconds kStressTime{700};

}  // namespace cenote::test
