/// Which blocks are sampled: each byte handed out is a sampling point with the same small chance, so a block
/// is sampled with the chance that one of its bytes is such a point, whatever was allocated before it.
///
///     chain of a refill    | block | block | block | block | block |
///     bytes to the point   |--------------------->.                     before_sample() = 2
///                                                  drawn anew from the end of that block on
///
/// Source  gperftools and TCMalloc, "How sampling in TCMalloc works" (docs/sampling.md): the gaps of a
///         Poisson process over the bytes; jemalloc, doc_internal/PROFILING_INTERNALS.md: the chance 1 -
///         exp(-size / rate) and the weight that undoes it.
#pragma once

#include <atomic>
#include <cstdint>

#include <cenote/detail/check.hpp>

namespace cenote::profile {

/// Bytes from one sampling point to the next, in the mean; 0: nothing is sampled.
CENOTE_HIDDEN inline constinit std::atomic<std::uint64_t> g_rate{0};

inline bool is_on() noexcept { return g_rate.load(std::memory_order_relaxed) != 0; }

/// Bytes until the next sampling point, at random. Threads: any.
std::uint64_t draw_gap() noexcept;

/// One thread's way to its next sampling point.
class Countdown {
 public:
  /// Of `blocks` blocks that are to be handed out, how many come before the first one that is sampled;
  /// `blocks` when none of them is. From now on counts what follows them, or follows the sampled one. blocks
  /// * block_bytes fits.
  std::uint32_t before_sample(std::uint64_t block_bytes, std::uint32_t blocks) noexcept {
    const std::uint64_t rate = g_rate.load(std::memory_order_relaxed);
    if (rate != rate_) {  // begun, or begun anew
      rate_ = rate;
      left_ = draw_gap();
    }
    const std::uint64_t bytes = block_bytes * blocks;
    if (bytes <= left_) {
      left_ -= bytes;
      return blocks;
    }
    const auto before = static_cast<std::uint32_t>(left_ / block_bytes);
    left_ = draw_gap();
    return before;
  }

 private:
  std::uint64_t left_ = 0;
  std::uint64_t rate_ = 0;  // with which `left_` was drawn
};

}  // namespace cenote::profile
