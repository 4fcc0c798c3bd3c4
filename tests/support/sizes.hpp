/// Request sizes worth trying: on, just below and just above every edge between block sizes that a pool may have.
#pragma once

#include <cstddef>
#include <vector>

namespace cenote::test {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

/// Eight steps a doubling up to 64 KiB, two above: every size class of up to eight classes a doubling has its edges here.
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
