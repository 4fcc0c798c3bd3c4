/// What the live samples of one heap are of; part of the heap, where whoever looks at it from outside finds it.
///
/// Threads     written under the recorder's lock; read by anybody, each number by itself.
#pragma once

#include <atomic>
#include <cstdint>

namespace cenote::profile {

struct HeapSamples {
  std::atomic<std::uint64_t> count{0};
  std::atomic<std::uint64_t> asked_bytes{0};   // estimates, as sums of weights
  std::atomic<std::uint64_t> usable_bytes{0};  // of the same blocks
};

}  // namespace cenote::profile
