#include "heap/relieve.hpp"

#include <cenote/budget/budget.hpp>
#include <cenote/heap/heap.hpp>

#include "heap/registry.hpp"
#include "pool/purge_schedule.hpp"

namespace cenote {

std::size_t relieve() noexcept {
  const purge_schedule::Pause pause;
  registry::ask_to_settle(g_process_budget);
  registry::kSweeper.drain();  // for threads that are blocked
  return Heap::process().purge();
}

}  // namespace cenote
