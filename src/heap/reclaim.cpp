#include "heap/reclaim.hpp"

#include <utility>

#include <cenote/detail/budget.hpp>
#include <cenote/heap.hpp>

#include "engine/pages/purge_schedule.hpp"
#include "heap/block_service.hpp"
#include "heap/registry.hpp"
#include "heap/sampler.hpp"
#include "heap/threads.hpp"

namespace cenote {

bool MakeRoom::once_more() noexcept {
  if (core_.central_pool.budget().report_passing(charge_)) return true;
  if (std::exchange(has_given_up_, true)) return false;
  give_up_what_is_free();
  return true;
}

bool MakeRoom::once_more_if_limited() noexcept {
  return is_limited() ? once_more() : core_.central_pool.budget().report_passing(charge_);
}

bool MakeRoom::is_limited() const noexcept {
  return CentralPool::last_failure() == AllocError::limit_reached;
}

void MakeRoom::give_up_what_is_free() noexcept {
  const purge_schedule::Pause pause;
  const bool limited = is_limited();
  block_service::drain_quarantine(core_);
  if (cache_ != nullptr) cache_->settle();
  thread_state::settle_all();
  sampler::settle(core_);
  core_.central_pool.huge().purge_all();
  if (!limited) {
    core_.central_pool.pages().release_free();
    registry::ask_to_settle(g_process_budget);
  } else if (const Budget* const refuser = core_.central_pool.budget().refuser_of(charge_)) {
    registry::ask_to_settle(*refuser);
  }
}

std::size_t relieve() noexcept {
  const purge_schedule::Pause pause;
  registry::ask_to_settle(g_process_budget);
  registry::kSweeper.drain();  // for threads that are blocked
  return Heap::process().trim();
}

}  // namespace cenote
