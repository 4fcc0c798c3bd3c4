#include "plan.hpp"

namespace cenote::cli {

std::vector<PlannedRun> plan_runs(std::size_t allocators, int rounds) {
  std::vector<PlannedRun> plan;
  for (int round = 0; round <= rounds; ++round) {
    for (std::size_t allocator = 0; allocator < allocators; ++allocator) plan.push_back({allocator, round});
  }
  return plan;
}

}  // namespace cenote::cli
