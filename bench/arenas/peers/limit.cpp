#include "peers/limit.hpp"

#include "cases.hpp"

namespace cenote {
namespace {

void enter(Effort effort) {
  enter_one_thread<BumpLimit>("LIMIT", effort);
  enter_threads<AtomicLimit>("CAS cursor", effort);
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
