/// Which node it mostly is, learnt from one word and a few instructions for each time that it was somebody's turn.
///
///     the same node again: score + 1      another: score - 1, and at 0 the other is the candidate
///
/// Source      Boyer & Moore, "MJRTY: A Fast Majority Vote Algorithm", 1981. Here the score stops at kScoreMax, so that what was once the
///             habit can be unlearnt; and it is halved when it has been acted upon.
#pragma once

#include <atomic>
#include <cstdint>

namespace cenote {

class Majority {
 public:
  static constexpr int kScoreMax = 255;

  struct Vote {
    int node;
    int score;
  };

  /// Threads     any; of votes at the same instant some may be lost.
  void note(int node) noexcept {
    const Vote now = read();
    if (now.score == 0) return write({node, 1});
    if (now.node != node) return write({now.node, now.score - 1});
    if (now.score < kScoreMax) write({node, now.score + 1});
  }
  Vote read() const noexcept {
    const std::uint16_t word = word_.load(std::memory_order_relaxed);
    return {word >> 8, word & 0xff};
  }
  void halve() noexcept {
    const Vote now = read();
    write({now.node, now.score / 2});
  }

 private:
  void write(Vote vote) noexcept {
    word_.store(static_cast<std::uint16_t>(vote.node << 8 | vote.score), std::memory_order_relaxed);
  }

  std::atomic<std::uint16_t> word_{0};
};

}  // namespace cenote
