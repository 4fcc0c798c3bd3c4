#include <algorithm>

#include <cenote/base/bits.hpp>
#include <cenote/fixed/pool_owner.hpp>
#include <cenote/os/system.hpp>

namespace cenote {

os::Region reserve_pool(const SlotPlan& plan, std::size_t core_bytes, os::Memory& memory) noexcept {
  const os::Region region = memory.reserve(plan.bytes, std::max(plan.alignment, os::page_bytes()));
  if (!region) return {};
  if (memory.commit({region.start, align_up(core_bytes, os::page_bytes())})) return region;
  memory.release(region);
  return {};
}

void throw_plan_failure(const PlanOutcome& outcome) {
  if (outcome.error == AllocError::bad_option) throw AllocFailure{outcome.option, outcome.problem};
  throw AllocFailure{outcome.error};
}

}  // namespace cenote
