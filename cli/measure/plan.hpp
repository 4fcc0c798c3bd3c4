/// Which runs a comparison is made of, in which order.
#pragma once

#include <cstddef>
#include <vector>

namespace cenote::cli {

struct PlannedRun {
  std::size_t allocator;  // index
  int round;              // 0: the warm-up, which is not counted
};

/// A B C (warm-up), A B C, A B C, ...: what changes slowly on the machine meets all allocators alike.
std::vector<PlannedRun> plan_runs(std::size_t allocators, int rounds);

}  // namespace cenote::cli
