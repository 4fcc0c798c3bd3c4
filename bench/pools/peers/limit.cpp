#include "peers/limit.hpp"

#include "cases/mixed_sizes.hpp"
#include "cases/one_thread.hpp"
#include "cases/two_threads.hpp"

namespace cenote {
namespace {

void enter(Effort effort) {
  enter_one_thread<Limit>("LIMIT", effort);
  enter_one_thread<IndexStack>("index stack", effort);
  enter_one_thread<LockedLimit>("LIMIT+mutex", effort);
  enter_one_thread<CasStack>("CAS stack", effort);
  enter_mixed_sizes<SizedLimit>("LIMIT", effort);
  enter_two_threads<LockedLimit>("LIMIT+mutex", effort);
  enter_two_threads<CasStack>("CAS stack", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
