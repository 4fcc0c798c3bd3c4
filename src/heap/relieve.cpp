#include "heap/relieve.hpp"

#include <cenote/heap.hpp>

#include "engine/pages/purge_schedule.hpp"
#include "heap/registry.hpp"
#include "pool_support/budget.hpp"

namespace cenote {

std::size_t relieve() noexcept {
  const purge_schedule::Pause pause;
  registry::ask_to_settle(g_process_budget);
  registry::kSweeper.drain();  // for threads that are blocked
  return Heap::process().purge();
}

}  // namespace cenote
