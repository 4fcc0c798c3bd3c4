/// Userspace RCU, in the flavour that has its fences on the side of reclamation too: membarrier(2).
#define _LGPL_SOURCE  // its guards are inlined then
#include <urcu/urcu-memb.h>

#include "cases/epochs.hpp"

namespace cenote {
namespace {

struct Urcu {
  /// Enlists a thread at its first guard.
  struct Enlisted {
    Enlisted() { urcu_memb_register_thread(); }
    ~Enlisted() { urcu_memb_unregister_thread(); }
  };
  struct Guard {
    explicit Guard(Urcu&) {
      static thread_local const Enlisted enlisted;
      benchmark::DoNotOptimize(&enlisted);
      urcu_memb_read_lock();
    }
    ~Guard() { urcu_memb_read_unlock(); }
  };
  /// call_rcu wants its links in the node.
  struct Retired {
    rcu_head head;
    EpochNodes* nodes;
    static void give_back(rcu_head* head) {
      auto* const retired = reinterpret_cast<Retired*>(head);
      retired->nodes->deallocate(reinterpret_cast<EpochNode*>(retired));
    }
  };
  static_assert(sizeof(Retired) <= sizeof(EpochNode));

  void replace(EpochNodes& nodes, std::atomic<EpochNode*>& place) {
    if (++replaced % kWaitEvery == 0) urcu_memb_barrier();  // it bounds nothing by itself
    auto* const old = reinterpret_cast<Retired*>(place.exchange(nodes.allocate(), std::memory_order_acq_rel));
    old->nodes = &nodes;
    urcu_memb_call_rcu(&old->head, &Retired::give_back);
  }
  void finish() { urcu_memb_barrier(); }

  static constexpr std::size_t kWaitEvery = std::size_t{1} << 16;  // EpochDomain's bound
  std::size_t replaced = 0;
};

void enter(Effort effort) { enter_epochs<Urcu>(effort, "urcu"); }

const Registration kRegistration{enter};

}  // namespace
}  // namespace cenote
