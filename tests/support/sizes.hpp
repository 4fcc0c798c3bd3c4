/// Request sizes worth trying: on, just below and just above every edge between block sizes that a pool may
/// have.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cenote::test {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

/// 2^63 where sizes have 64 bits, 2^31 where they have 32; its halves for `halved` > 0.
constexpr std::size_t top_power(unsigned halved = 0) { return (SIZE_MAX / 2 + 1) >> halved; }
/// SIZE_MAX, of the type itself: wasi-libc has it as another of the same width.
inline constexpr std::size_t kLargestSize = SIZE_MAX;
/// Its square is the first number that no size can hold.
inline constexpr std::size_t kRootOfSizes = std::size_t{1} << (4 * sizeof(std::size_t));
/// A size that may be asked for, and that no system has; for 32-bit programs there is none, since a 64-bit
/// kernel has it.
inline constexpr std::size_t kNowhereHad = PTRDIFF_MAX / 8 * 7;
constexpr bool anything_can_be_had() { return sizeof(std::size_t) == 4; }
/// No system has so many addresses in a row, but WebAssembly, where a memory may have nearly all that there
/// are.
inline constexpr std::size_t kNowhereFree = SIZE_MAX / 4 * 3 & ~(kMiB - 1);

/// Eight steps a doubling up to 64 KiB, two above: every size class of up to eight classes a doubling has its
/// edges here.
inline std::vector<std::size_t> edge_sizes(std::size_t largest = 3 * kMiB) {
  std::vector<std::size_t> sizes{1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17};
  for (std::size_t octave = 16; octave <= largest; octave *= 2) {
    const std::size_t step = octave < 64 * kKiB ? octave / 8 : octave / 2;
    for (std::size_t edge = octave; edge < 2 * octave; edge += step) {
      for (const std::size_t size : {edge - 1, edge, edge + 1}) {
        if (size <= largest) sizes.push_back(size);
      }
    }
  }
  return sizes;
}

}  // namespace cenote::test
