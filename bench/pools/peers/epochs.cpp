/// EpochDomain with its fences on either side, beside locks that readers take.
#include "cases/epochs.hpp"

#include <mutex>
#include <shared_mutex>

#include <cenote/epoch_domain.hpp>

namespace cenote {
namespace {

template <EpochFence kFence>
struct Epochs {
  struct Guard {
    explicit Guard(Epochs& epochs) : guard{epochs.domain.enter()} {}
    EpochDomain::Guard guard;
  };
  void replace(EpochNodes& nodes, std::atomic<EpochNode*>& place) {
    domain.retire(nodes, place.exchange(nodes.allocate(), std::memory_order_acq_rel));
  }
  void finish() { domain.synchronize(); }

  EpochDomain domain{{.fence = kFence}};
};

template <class Mutex, template <class> class Lock>
struct Locks {
  struct Guard {
    explicit Guard(Locks& locks) : lock{locks.mutex} {}
    Lock<Mutex> lock;
  };
  void replace(EpochNodes& nodes, std::atomic<EpochNode*>& place) {
    EpochNode* const fresh = nodes.allocate();
    EpochNode* old = nullptr;
    {
      const std::lock_guard guard{mutex};
      old = place.exchange(fresh, std::memory_order_relaxed);
    }
    nodes.deallocate(old);
  }
  void finish() {}

  Mutex mutex;
};

void enter(Effort effort) {
  enter_epochs<Epochs<EpochFence::collections>>(effort, "EpochDomain");
  enter_epochs<Epochs<EpochFence::readers>>(effort, "Epoch at readers");
  enter_epochs<Locks<std::mutex, std::unique_lock>>(effort, "mutex");
  enter_epochs<Locks<std::shared_mutex, std::shared_lock>>(effort, "shared_mutex");
}

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
