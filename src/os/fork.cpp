#include <array>
#include <atomic>
#include <cstddef>

#include <cenote/detail/check.hpp>
#include <cenote/detail/fork.hpp>

#include "os/fork_steps.hpp"

namespace cenote::os {
namespace {

constexpr std::size_t index_of(LockRank rank) noexcept { return static_cast<std::size_t>(rank); }
constexpr std::size_t kRanks = index_of(LockRank::fork) + 1;
constexpr int kNoFork = -1;

// held by the thread that forks, from hold_first_locks to release_locks
constinit Lock g_fork{LockRank::fork};
constinit Lock g_lock{LockRank::fork};  // the last that a fork takes

// All below under g_lock.
constinit std::array<ForkHold*, kRanks> g_holds{};  // the lists of each rank, the latest first
constinit ForkHold* g_awaited = nullptr;            // a fork waits for one of its locks: it must not go
constinit int g_reached = kNoFork;                  // the rank up to which a fork has all locks
constinit ForkRepair* g_repairs = nullptr;
constinit std::atomic<bool> g_is_installed{false};

// Not under g_lock: the C library may allocate.
void install_once() noexcept {
  if (!g_is_installed.load(std::memory_order_relaxed) && !g_is_installed.exchange(true))
    fork_steps::install();
}

}  // namespace

/// What a fork does with all of them.
class ForkHolds {
 public:
  // Waits without g_lock, whose holders may have the lock that is waited for. `hold` stays where it is
  // meanwhile.
  static void take(ForkHold& hold) noexcept {
    for (std::uint32_t i = 0; i < hold.count_; ++i) {
      Lock& lock = hold.lock_at(i);
      if (lock.try_hold()) continue;
      g_awaited = &hold;
      g_lock.let_go();
      lock.hold();
      g_lock.hold();
      g_awaited = nullptr;
    }
    hold.is_held_ = true;
  }

  // What is enlisted meanwhile goes to the front of its list, behind our back: it is held from the beginning.
  static void take_up_to(LockRank last) noexcept {
    while (g_reached < static_cast<int>(index_of(last))) {
      ++g_reached;
      for (ForkHold* hold = g_holds[static_cast<std::size_t>(g_reached)]; hold != nullptr;
           hold = hold->next_) {
        take(*hold);
      }
    }
  }

  static void release_all() noexcept {
    for (std::size_t rank = kRanks; rank != 0; --rank) {
      for (ForkHold* hold = g_holds[rank - 1]; hold != nullptr; hold = hold->next_) hold->release();
    }
    g_reached = kNoFork;
  }
};

// --- locks come and go -------------------------------------------------------------------------------------

Lock& ForkHold::lock_at(std::uint32_t index) const noexcept {
  return *reinterpret_cast<Lock*>(reinterpret_cast<std::byte*>(first_) + std::size_t{index} * stride_);
}

void ForkHold::enlist() noexcept {
  {
    const LockGuard guard{g_lock};
    if (is_listed_) return;
    is_listed_ = true;
    ForkHold*& first = g_holds[index_of(first_->rank())];
    next_ = first;
    previous_ = nullptr;
    if (first != nullptr) first->previous_ = this;
    first = this;
    if (static_cast<int>(index_of(first_->rank())) <= g_reached) {
      for (std::uint32_t i = 0; i < count_; ++i)
        CENOTE_CHECK(lock_at(i).try_hold(), "a lock is held before it is enlisted");
      is_held_ = true;
    }
  }
  install_once();
}

void ForkHold::withdraw() noexcept {
  for (;;) {
    {
      const LockGuard guard{g_lock};
      if (!is_listed_) return;
      if (!is_held_ && g_awaited != this) {
        (previous_ != nullptr ? previous_->next_ : g_holds[index_of(first_->rank())]) = next_;
        if (next_ != nullptr) next_->previous_ = previous_;
        is_listed_ = false;
        return;
      }
    }
    first_->hold();  // not before the fork has released it
    first_->let_go();
  }
}

void ForkHold::release() noexcept {
  if (!is_held_) return;
  is_held_ = false;
  for (std::uint32_t i = 0; i < count_; ++i) lock_at(i).let_go();
}

void repair_after_forks(ForkRepair& repair) noexcept {
  {
    const LockGuard guard{g_lock};
    repair.next = g_repairs;
    g_repairs = &repair;
  }
  install_once();
}

// --- a fork ------------------------------------------------------------------------------------------------

namespace fork_steps {

void hold_first_locks() noexcept {
  g_fork.hold();
  g_lock.hold();
  ForkHolds::take_up_to(kLastBeforeStreams);
  g_lock.let_go();
}

void hold_other_locks() noexcept {
  g_lock.hold();
  ForkHolds::take_up_to(LockRank::fork);
}

void repair() noexcept {
  for (ForkRepair* each = g_repairs; each != nullptr; each = each->next) each->in_child();
}

void release_locks() noexcept {
  ForkHolds::release_all();
  g_lock.let_go();
  g_fork.let_go();
}

}  // namespace fork_steps
}  // namespace cenote::os
