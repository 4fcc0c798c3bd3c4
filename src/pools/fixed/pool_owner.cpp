#include <algorithm>

#include <cenote/detail/bits.hpp>
#include <cenote/detail/pool_owner.hpp>
#include <cenote/detail/system.hpp>

namespace cenote {

os::PagedRegion reserve_pool(const SlotPlan& plan, std::size_t core_bytes, os::Memory& memory,
                             Pages wanted) noexcept {
  const os::PagedRegion reserved =
      os::reserve_in_pages(memory, wanted, plan.bytes, std::max(plan.alignment, os::page_bytes()));
  if (!reserved.region) return {};
  if (reserved.memory->commit({reserved.region.start, align_up(core_bytes, os::page_bytes())}))
    return reserved;
  reserved.memory->release(reserved.region);
  return {};
}

void throw_plan_failure(const PlanOutcome& outcome) {
  if (outcome.error == AllocError::bad_option) throw AllocFailure{outcome.option, outcome.problem};
  throw AllocFailure{outcome.error};
}

}  // namespace cenote
